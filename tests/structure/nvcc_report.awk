# nvcc_report.awk ARCH=90a SOURCES... LOG: what ptxas said in LOG about the kernels of SOURCES, against
# the budgets in the comments above them. Prints "kernel arch registers budget" for each kernel, and
# "breach: ..." for each that breaks a rule.
function breach(text) { print "breach: " text }

function finish_kernel() {
  declaration = text
  sub(/.*__global__/, "", declaration)
  gsub(/__launch_bounds__[ ]*\([^()]*(\([^()]*\)[^()]*)*\)/, "", declaration)
  if (!match(declaration, /[A-Za-z_0-9]+[ ]*\(/)) return
  name = substr(declaration, RSTART, RLENGTH)
  sub(/[ ]*\($/, "", name)
  place[name] = FILENAME ":" line
  limit[name] = budget
  text = budget = ""
}

FNR == 1 { is_log = FILENAME ~ /\.log$/; text = budget = "" }

!is_log && /^[ \t]*\/\// {
  if (!commented) budget = ""
  commented = 1
  if (match($0, /registers: [0-9]+/)) budget = substr($0, RSTART + 11, RLENGTH - 11)
  next
}
!is_log {
  commented = 0
  if (text == "" && /__global__/) line = FNR
  if (text != "" || /__global__/) {
    text = text " " $0
    finish_kernel()
  } else if (/[;{}]|^[ \t]*$/) {
    budget = ""
  }
  next
}

/Compiling entry function/ {
  entry = ""
  for (name in place)
    if (index($0, length(name) name) && length(name) > length(entry)) entry = name
  if (entry == "") breach("a kernel without a source: " $0)
}
/bytes stack frame/ && !/ 0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads/ {
  breach(place[entry] ": " entry " for sm_" ARCH ": " $0)
}
/Potential Performance Loss/ { breach(place[entry] ": " entry " for sm_" ARCH ": " $0) }
/ptxas info +: Used [0-9]+ registers/ {
  match($0, /Used [0-9]+/)
  used = substr($0, RSTART + 5, RLENGTH - 5) + 0
  if (used > most[entry]) most[entry] = used
}

END {
  for (name in most) {
    if (limit[name] == "")
      breach(place[name] ": " name " has no budget: it uses " most[name] " for sm_" ARCH \
             ", so write \"// registers: N\" above it")
    else if (most[name] > limit[name] + 0)
      breach(place[name] ": " name " uses " most[name] " registers for sm_" ARCH \
             ", more than its budget of " limit[name])
    print name, "sm_" ARCH, most[name], limit[name] == "" ? "-" : limit[name]
  }
}
