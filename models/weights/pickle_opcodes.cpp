// Names of opcodes that are refused.
#include "models/weights/pickle_opcodes.h"

#include <array>
#include <utility>

namespace medley::models {
namespace {

constexpr std::array<std::pair<unsigned char, const char*>, 38> kRefused = {{
    {'0', "POP"},
    {'1', "POP_MARK"},
    {'2', "DUP"},
    {'F', "FLOAT"},
    {'I', "INT"},
    {'L', "LONG"},
    {'P', "PERSID"},
    {'S', "STRING"},
    {'T', "BINSTRING"},
    {'U', "SHORT_BINSTRING"},
    {'V', "UNICODE"},
    {'B', "BINBYTES"},
    {'C', "SHORT_BINBYTES"},
    {'d', "DICT"},
    {'g', "GET"},
    {'i', "INST"},
    {'l', "LIST"},
    {'o', "OBJ"},
    {'p', "PUT"},
    {0x81, "NEWOBJ"},
    {0x82, "EXT1"},
    {0x83, "EXT2"},
    {0x84, "EXT4"},
    {0x8b, "LONG4"},
    {0x8c, "SHORT_BINUNICODE"},
    {0x8d, "BINUNICODE8"},
    {0x8e, "BINBYTES8"},
    {0x8f, "EMPTY_SET"},
    {0x90, "ADDITEMS"},
    {0x91, "FROZENSET"},
    {0x92, "NEWOBJ_EX"},
    {0x93, "STACK_GLOBAL"},
    {0x94, "MEMOIZE"},
    {0x95, "FRAME"},
    {0x96, "BYTEARRAY8"},
    {0x97, "NEXT_BUFFER"},
    {0x98, "READONLY_BUFFER"},
    {'.', "STOP"},
}};

}  // namespace

std::string opcode_text(unsigned char code) {
  constexpr const char* kHex = "0123456789abcdef";
  const std::string hex = {'0', 'x', kHex[code >> 4], kHex[code & 15]};
  for (const auto& [refused, name] : kRefused)
    if (refused == code) return std::string(name) + " (" + hex + ")";
  return hex;
}

}  // namespace medley::models
