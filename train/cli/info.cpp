// medley info: build, machine, devices, presets, environment.
#include <cstdlib>

#include "core/cuda/device.h"
#include "core/env.h"
#include "core/str.h"
#include "train/cli/commands.h"
#include "train/cli/print.h"
#include "train/config/config.h"
#include "train/report/machine.h"

namespace medley::train {
namespace {

std::string gpu_text(Device device) {
  const cuda::DeviceInfo gpu = cuda::describe(device);
  if (cuda::kBackend == cuda::Backend::emulated) return gpu.name;
  return str(gpu.name, ", sm_", gpu.major, gpu.minor, ", ", gpu.memory >> 30, " GiB, driver ",
             gpu.driver, ", runtime ", gpu.runtime);
}

// Every GPU, or why there is none.
void add_gpus(Json& facts) {
  if (cuda::device_count() == 0) facts.set("cuda", cuda::absence());
  for (int i = 0; i < cuda::device_count(); ++i) {
    const Device device{Device::Cuda, static_cast<int8_t>(i)};
    facts.set(str(device), gpu_text(device));
  }
}

}  // namespace

int info_command(bool json) {
  Json facts = Json::object();
  for (const auto& [name, value] : machine_facts()) facts.set(name, value);
  add_gpus(facts);
  facts.set("data", default_data_folder());
  Json presets = Json::array();
  for (const std::string& name : config_preset_names()) presets.push(name);
  facts.set("presets", presets);
  if (json) {
    Json environment = Json::object();
    for (const EnvVariable& variable : env_table())
      environment.set(variable.name, env(variable.name));
    print_json(facts.set("environment", environment));
    return 0;
  }
  std::vector<std::vector<std::string>> rows;
  for (const auto& [name, value] : facts.members())
    rows.push_back({name, value.is_array() ? value.dump() : value.text()});
  print_table(rows);
  print("\nEnvironment variables:");
  rows.assign(1, {"name", "value", "meaning"});
  for (const EnvVariable& variable : env_table()) {
    std::string value = env(variable.name);
    rows.push_back({variable.name, value.empty() ? "-" : value, variable.help});
  }
  print_table(rows);
  return 0;
}

}  // namespace medley::train
