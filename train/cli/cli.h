// The medley program. Results go to stdout, everything else to stderr.
#pragma once

namespace medley::train {

// Runs the command of a command line. Errors are printed; returns the exit code (docs/errors.md).
int run_cli(int argc, char** argv);

}  // namespace medley::train
