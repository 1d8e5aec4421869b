#!/bin/sh
# check.sh PROGRAM RACE: ThreadSanitizer's report on emulator_races RACE names the line of races.cpp
# that is marked "RACE: RACE"; for the race `none` there is no report.
set -eu
program=$1
race=$2
source=$(dirname "$0")/races.cpp

status=0
report=$("$program" "$race" 2>&1) || status=$?
if [ "$race" = none ]; then
  [ $status -eq 0 ] || { echo "a report without a race: $report"; exit 1; }
  exit 0
fi
line=$(grep -n "RACE: $race\$" "$source" | cut -d: -f1)
case $report in
  *"ThreadSanitizer: data race"*"races.cpp:$line"*) ;;
  *) echo "no report that names line $line: $report"; exit 1 ;;
esac
