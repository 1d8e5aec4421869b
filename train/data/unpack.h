// Archives that are compressed. The members of a tar are read where they are and in any order,
// which gzip and zstd do not allow. Such an archive is therefore unpacked as a stream when it is
// opened, into a file without a name in $TMPDIR (else /tmp) that is gone when it is closed: memory
// does not grow with it, training reads as fast as from a plain tar, and the disk must have room
// for it. A shard is opened once a pass.
#pragma once

#include <string>
#include <string_view>

namespace medley::train {

enum class Packing { none, gzip, zstd, zip };

// By the first bytes of a file.
Packing packing_of(std::string_view start);
const char* name_of(Packing packing);  // "a zip archive"

// A descriptor of what the file of gzip or zstd at `descriptor` unpacks to; the caller closes both.
// Throws DataError when it is damaged, cut off, or unpacks to more than any pictures do; IoError
// when it cannot be read, or there is no room.
int unpack(int descriptor, const std::string& path, Packing packing);

}  // namespace medley::train
