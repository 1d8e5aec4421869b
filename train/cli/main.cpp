// The medley program.
#include "train/cli/cli.h"

int main(int argc, char** argv) { return medley::train::run_cli(argc, argv); }
