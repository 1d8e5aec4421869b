#include "bench/attention_options.h"

#include <charconv>
#include <map>
#include <set>
#include <sstream>

#include "core/error.h"
#include "core/str.h"
#include "core/suggest.h"

namespace medley::bench {

const char* const kAttentionHelp =
    R"(attention_bench [flags]: attention on BLIP's shapes, or on any.
  --device=cpu           cpu or cuda
  --backend=medley       medley, naive, cudnn (on cuda); a list measures each
  --dtype=               f32 or bf16 (default: f32 on the CPU, bf16 on a GPU)
  --direction=both       forward, backward or both
  --threads=1            of the CPU; a list measures each
A shape of your own, in place of the named ones. Numbers may be lists; every combination is run:
  --batch=4 --heads=12 --q=197 --head_dim=64
  --k=                   keys (default: as many as queries)
  --causal               masked, aligned bottom right
  --kv_sharing=1         query blocks that share one block of keys and values
  --dropout=0            probability
What 'roofline' is a share of (default: the data sheet of the GPU; measured on the CPU):
  --peak_tflops= --peak_gbs=
  --check                measures nothing: says which back end cannot run here, and why
and every flag of Google Benchmark, as --benchmark_filter=causal --benchmark_format=json.
)";

const char* name_of(Direction direction) {
  return direction == Direction::forward ? "forward" : "backward";
}

std::string AttentionRun::name() const {
  std::string text = str("attention/", shape.name, "/", backend, "/", medley::name_of(dtype), "/",
                         device.kind == Device::Cpu ? "cpu" : "cuda");
  if (device.kind == Device::Cpu) text += str("/threads:", threads);
  return text + "/" + name_of(direction);
}

namespace {

const std::set<std::string> kShapeFlags = {"batch",    "heads",  "q",          "k",
                                           "head_dim", "causal", "kv_sharing", "dropout"};
const std::set<std::string> kFlags = {"device",      "backend",  "dtype", "direction", "threads",
                                      "peak_tflops", "peak_gbs", "check", "help"};

using Flags = std::map<std::string, std::string>;

std::vector<std::string> split(const std::string& list) {
  std::vector<std::string> parts;
  std::istringstream stream(list);
  for (std::string part; std::getline(stream, part, ',');) parts.push_back(part);
  return parts.empty() ? std::vector<std::string>{""} : parts;
}

template <class T>
T number(const std::string& flag, const std::string& text, T least, const char* what) {
  T value{};
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end || !(value >= least))
    throw ValueError(str("--", flag, " is '", text, "'"), str("use ", what));
  return value;
}

std::vector<int32_t> numbers(const Flags& flags, const std::string& flag, int32_t fallback) {
  const auto found = flags.find(flag);
  if (found == flags.end()) return {fallback};
  std::vector<int32_t> values;
  for (const std::string& part : split(found->second))
    values.push_back(number<int32_t>(flag, part, 1, "whole numbers from 1 on, commas between"));
  return values;
}

double real(const Flags& flags, const std::string& flag) {
  const auto found = flags.find(flag);
  return found == flags.end() ? 0 : number<double>(flag, found->second, 0, "a number from 0 on");
}

std::string text(const Flags& flags, const std::string& flag, const char* fallback) {
  const auto found = flags.find(flag);
  return found == flags.end() ? fallback : found->second;
}

Flags take_flags(int& argc, char** argv) {
  Flags flags;
  int kept = 1;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument.starts_with("--benchmark_") || argument.starts_with("--v=")) {
      argv[kept++] = argv[i];
      continue;
    }
    const size_t equals = argument.find('=');
    const std::string flag = argument.starts_with("--") ? argument.substr(2, equals - 2) : "";
    if (!kFlags.contains(flag) && !kShapeFlags.contains(flag)) {
      std::vector<std::string> known;
      for (const auto* names : {&kFlags, &kShapeFlags})
        for (const std::string& name : *names) known.push_back("--" + name);
      throw ValueError(
          str("'", argument, "' is not a flag", did_you_mean(argument.substr(0, equals), known)),
          "--help lists them");
    }
    const bool is_switch = flag == "causal" || flag == "check" || flag == "help";
    if (is_switch != (equals == std::string::npos))
      throw ValueError(str("--", flag, is_switch ? " takes no value" : " needs a value"),
                       is_switch ? str("use --", flag) : str("use --", flag, "=VALUE"));
    flags[flag] = is_switch ? "" : argument.substr(equals + 1);
  }
  argc = kept;
  return flags;
}

std::vector<cases::AttentionCase> shapes(const Flags& flags) {
  bool own = false;
  for (const auto& [flag, value] : flags) own = own || kShapeFlags.contains(flag);
  if (!own) return cases::attention_workloads();
  const auto dropout = static_cast<float>(real(flags, "dropout"));
  if (dropout >= 1) throw ValueError(str("--dropout is ", dropout), "use a probability below 1");
  std::vector<cases::AttentionCase> all;
  for (const int32_t batch : numbers(flags, "batch", 4))
    for (const int32_t sharing : numbers(flags, "kv_sharing", 1))
      for (const int32_t heads : numbers(flags, "heads", 12))
        for (const int32_t q : numbers(flags, "q", 197))
          for (const int32_t k : numbers(flags, "k", q))
            for (const int32_t d : numbers(flags, "head_dim", 64)) {
              if (batch % sharing != 0)
                throw ValueError(str("--kv_sharing is ", sharing, ", --batch ", batch),
                                 "the batch is the number of query blocks, a multiple of it");
              cases::AttentionCase c{str("b", batch, "h", heads, "q", q, "k", k, "d", d),
                                     cases::repeated(static_cast<size_t>(batch), q),
                                     cases::repeated(static_cast<size_t>(batch / sharing), k),
                                     {},
                                     heads,
                                     d,
                                     flags.contains("causal"),
                                     dropout};
              if (c.causal) c.name += "/causal";
              if (sharing > 1) {
                c.name += str("/sharing:", sharing);
                c.kv_index = cases::in_turn(static_cast<size_t>(batch), batch / sharing);
              }
              if (dropout > 0) c.name += str("/dropout:", dropout);
              all.push_back(std::move(c));
            }
  return all;
}

void check(const AttentionRun& run) {
  const bool on_cpu = run.device.kind == Device::Cpu;
  if (run.backend != "medley" && run.backend != "naive" && run.backend != "cudnn")
    throw ValueError(str("--backend is '", run.backend, "'"), "use medley, naive or cudnn");
  if (on_cpu && run.dtype != DType::f32)
    throw ValueError("--dtype=bf16 on the CPU", "the CPU computes in f32; use --device=cuda");
  if (run.backend == "cudnn" && on_cpu)
    throw ValueError("--backend=cudnn on the CPU", "use --device=cuda");
  if (run.backend == "cudnn" && run.dtype != DType::bf16)
    throw ValueError("--backend=cudnn in f32", "cuDNN's fused attention takes bf16");
}

}  // namespace

AttentionOptions parse_attention_options(int& argc, char** argv) {
  const Flags flags = take_flags(argc, argv);
  AttentionOptions options;
  options.help = flags.contains("help"), options.check = flags.contains("check");
  options.peak_tflops = real(flags, "peak_tflops"), options.peak_gbs = real(flags, "peak_gbs");
  const Device device = parse_device(text(flags, "device", "cpu"));
  if (device.kind == Device::Meta) throw ValueError("--device is meta", "use cpu or cuda");
  const bool on_cpu = device.kind == Device::Cpu;
  const std::string dtype = text(flags, "dtype", on_cpu ? "f32" : "bf16");
  if (dtype != "f32" && dtype != "bf16")
    throw ValueError(str("--dtype is '", dtype, "'"), "use f32 or bf16");
  const std::string direction = text(flags, "direction", "both");
  if (direction != "both" && direction != "forward" && direction != "backward")
    throw ValueError(str("--direction is '", direction, "'"), "use forward, backward or both");
  for (const cases::AttentionCase& shape : shapes(flags))
    for (const std::string& backend : split(text(flags, "backend", "medley")))
      for (const int threads : on_cpu ? numbers(flags, "threads", 1) : std::vector<int32_t>{1})
        for (const Direction way : {Direction::forward, Direction::backward}) {
          if (direction != "both" && direction != name_of(way)) continue;
          options.runs.push_back(
              {shape, backend, device, dtype == "f32" ? DType::f32 : DType::bf16, way, threads});
          check(options.runs.back());
        }
  return options;
}

}  // namespace medley::bench
