#!/usr/bin/env bash
# machines.sh MACHINE FOLDER [test]: builds the committed tree on another machine, all warnings being
# errors, and runs the short demo there; with `test` all tests too. FOLDER keeps what was fetched.
#   noble    Ubuntu 24.04 (GCC 13), trixie: Debian 13 (GCC 14): a root of debootstrap and ./medley,
#            as a stranger would install it. Needs debootstrap and root.
#   arm64    aarch64, cross-compiled, and run by qemu: the tests of the kernels, ten steps of a tiny
#            model, whose losses must be those of the portable kernels here, and a caption. Needs
#            g++-aarch64-linux-gnu, qemu-aarch64 and apt; its libraries are fetched without root.
# Exit code 77: this machine lacks what it takes.
set -euo pipefail
cd "$(dirname "$0")/../.."
machine=$1
mkdir -p "$2"
root=$(readlink -f "$2")/$machine

lacks() {
  echo "skipped: $machine needs $*"
  exit 77
}

# The packages of ./medley, without its tools.
libraries() { sed -n '/^packages=(/,/)/p' medley | grep -oE '(lib|zlib|nlohmann)[a-z0-9-]+' ; }

in_root() {
  local suite=$1 components=$2
  command -v debootstrap >/dev/null && [[ $EUID -eq 0 ]] || lacks "debootstrap and root"
  [[ -e $root/etc/apt/sources.list ]] ||
    debootstrap --variant=minbase --components="$components" "$suite" "$root" >/dev/null ||
    lacks "the archive of $suite"
  mkdir -p "$root/root/medley"
  git archive HEAD | tar -x -C "$root/root/medley"
  mount -t proc proc "$root/proc"
  trap 'umount "$root/proc"' EXIT
  local do="cd /root/medley && ./medley demo --steps 20 --out \$(mktemp -d)/run"
  [[ ${3-} != test ]] || do+=" && ./medley test"
  chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root MEDLEY_WERROR=ON \
    bash -c "$do"
}

# What apt would install of these libraries on arm64, unpacked into the root.
fetch_arm64() {
  mkdir -p "$root"/apt/{lists/partial,archives/partial}
  : >"$root/apt/status"
  local apt=(apt-get -q -y -o "Dir::State=$root/apt" -o "Dir::State::status=$root/apt/status"
    -o "Dir::Cache=$root/apt" -o APT::Architecture=arm64 -o APT::Architectures=arm64
    -o Debug::NoLocking=1 -o Acquire::Languages=none)
  "${apt[@]}" update
  # shellcheck disable=SC2046
  "${apt[@]}" --download-only --no-install-recommends install libc6-dev $(libraries) catch2
  for package in "$root"/apt/archives/*.deb; do dpkg-deb -x "$package" "$root"; done
  find "$root/usr/lib" -type l -lname '/*' -printf '%p %l\n' |
    while read -r link target; do ln -sfn "$root$target" "$link"; done
}

arm64() {
  local target=aarch64-linux-gnu build=build/arm64 out
  command -v $target-g++ qemu-aarch64 apt-get >/dev/null ||
    lacks "g++-aarch64-linux-gnu, qemu-user and apt"
  [[ -e $root/usr/include ]] || fetch_arm64 >"$root.log" 2>&1 || lacks "packages of arm64"
  local run=(qemu-aarch64 -L "$root")
  MEDLEY_WERROR=ON cmake --preset cpu -B $build -D CMAKE_SYSTEM_NAME=Linux \
    -D CMAKE_SYSTEM_PROCESSOR=aarch64 -D CMAKE_CXX_COMPILER=$target-g++ \
    -D CMAKE_SYSROOT="$root" -D CMAKE_FIND_ROOT_PATH_MODE_PROGRAM=NEVER \
    -D CMAKE_LIBRARY_ARCHITECTURE=$target -D CMAKE_CROSSCOMPILING_EMULATOR="qemu-aarch64;-L;$root" \
    -D MEDLEY_BENCH=OFF >/dev/null
  cmake --build $build --target medley core_tests ops_tests
  "${run[@]}" $build/tests/core_tests
  "${run[@]}" $build/tests/ops_tests
  out=$(mktemp -d)
  local train=(pretrain --config tiny --set train.steps=10 --set train.log_every=1)
  "${run[@]}" $build/medley "${train[@]}" --out "$out/arm64"
  MEDLEY_ISA=portable build/cpu/medley "${train[@]}" --out "$out/here"
  for there in arm64 here; do
    grep -oE '"(itc|itm|lm)":[0-9.]{6}' "$out/$there/metrics.jsonl" >"$out/$there.losses"
  done
  diff "$out/arm64.losses" "$out/here.losses"
  "${run[@]}" $build/medley caption demo docs/images/captions.png
}

case $machine in
  noble) in_root noble main,universe "${3-}" ;;
  trixie) in_root trixie main "${3-}" ;;
  arm64) arm64 ;;
  *) echo "there is no machine '$machine'"; exit 2 ;;
esac
