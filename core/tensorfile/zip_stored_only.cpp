#include "refusal.h"
#include "zip_input.h"

namespace livegloss::tensorfile {

std::unique_ptr<ByteInput> openDeflated(const FileBytes&, const ZipEntry& entry) {
    refuseUnsupported(joined("the zip entry ", quotedName(entry.name), " is compressed, and this build has no zlib"),
                      "Save the file again without compression, or build LiveGloss with zlib.");
}

} // namespace livegloss::tensorfile
