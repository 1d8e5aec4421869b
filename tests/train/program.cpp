// Runs the program.
#include "tests/train/program.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/train/temp_folder.h"

namespace medley::train {
namespace {

pid_t start_with(Words words, const std::string& in, const std::string& out,
                 const std::string& err) {
  words.insert(words.begin(), MEDLEY_PROGRAM);
  pid_t child = fork();
  if (child != 0) return child;
  dup2(open(in.c_str(), O_RDONLY), STDIN_FILENO);
  dup2(open(out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644), STDOUT_FILENO);
  dup2(open(err.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644), STDERR_FILENO);
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  execv(MEDLEY_PROGRAM, arguments.data());
  _exit(99);
}

}  // namespace

pid_t start(Words words, const std::string& out, const std::string& err) {
  return start_with(std::move(words), "/dev/null", out, err);
}

int wait_for(pid_t child) {
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

Result run(const Words& words, const std::string& input) {
  TempFolder folder;
  write_bytes(folder / "in", input);
  const int code = wait_for(start_with(words, folder / "in", folder / "out", folder / "err"));
  return {code, read_bytes(folder / "out"), read_bytes(folder / "err")};
}

Words with(Words words, const Words& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

}  // namespace medley::train
