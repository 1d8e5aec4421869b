#!/bin/sh
# layering.sh ROOT: includes go down only (train -> models -> autograd -> kernels -> core), every
# quoted include is a file of the tree, and outside libraries stay where they belong. Prints each
# breach; fails when there is one.
set -eu
cd "$1"

breaches=$(
  find core kernels autograd models train \( -name '*.h' -o -name '*.cpp' -o -name '*.inc' \
    -o -name '*.cu' -o -name '*.cuh' \) | sort |
    xargs grep -n '^[[:space:]]*#[[:space:]]*include' /dev/null |
    awk -F: '
      BEGIN {
        count = split("core kernels autograd models train", names, " ")
        for (i = 1; i <= count; i++) rank[names[i]] = i
      }
      function breach(why) { print file ":" $2 ": " why ": " target }
      {
        file = $1
        layer = file; sub("/.*", "", layer)
        target = $3; sub("^[^<\"]*", "", target); sub("[>\"][^>\"]*$", "", target)
        quoted = substr(target, 1, 1) == "\""; target = substr(target, 2)
        above = target; sub("/.*", "", above)
        header = file ~ /\.(h|inc|cuh)$/
        if (quoted) {
          if (!(above in rank)) breach("not a path from the root of the tree")
          else if (rank[above] > rank[layer]) breach(layer " may not use " above)
          else print "exists " file ":" $2 " " target
        } else if (target ~ /^(Eigen|unsupported)\//) {
          if (file !~ /^kernels\/(cpu|reference)\//)
            breach("Eigen belongs in kernels/cpu and kernels/reference")
        } else if (target ~ /^(cuda|cublas|cudnn|nv|cub\/|thrust\/|cooperative_groups)/) {
          if (file !~ /^(core|kernels)\/cuda\//)
            breach("CUDA headers belong in core/cuda and kernels/cuda")
        } else if (target ~ /^nlohmann\//) {
          if (file != "core/json.cpp") breach("nlohmann-json belongs in core/json.cpp")
        } else if (target ~ /^CLI\//) {
          if (file !~ /^train\/cli\// || header) breach("CLI11 belongs in .cpp files of train/cli")
        } else if (target ~ /^toml\+\+\//) {
          if (layer != "train" || header) breach("toml++ belongs in one .cpp file of train")
          if (toml != "" && toml != file) breach("toml++ is in " toml " already")
          toml = file
        }
      }' |
    while read -r line; do
      case $line in
        "exists "*)
          place=${line#exists }
          [ -f "${place##* }" ] || echo "${place% *}: there is no such file: ${place##* }"
          ;;
        *) echo "$line" ;;
      esac
    done
)
[ -z "$breaches" ] || { echo "$breaches"; exit 1; }
