#pragma once

// A V4L2 camera without hardware. Linked into a test, its open(), ioctl() and so on take the place of the C library's
// for the shared libraries too (the executable has to export them); only the fake's own path is treated specially.
// Frames are 320 x 240 YUYV, even grey, brighter by 7 each, or the same JPEG again and again.
#include <cstdint>
#include <vector>

namespace livegloss::test {

inline constexpr const char* fakeCameraPath = "/dev/video0";
inline constexpr const char* fakeCameraName = "Fake camera";
inline constexpr int fakeCameraWidth = 320;
inline constexpr int fakeCameraHeight = 240;

struct FakeCamera {
    bool present = true;       ///< whether the device is listed and opens
    bool busy = false;         ///< another program streams from it
    bool forbidden = false;    ///< no permission
    bool metadataNode = false; ///< it gives data about pictures, but none itself
    int unplugAfter = -1;      ///< frames before the device is gone; negative: never
    int stallAfter = -1;       ///< frames before it falls silent; negative: never
    int emptyBuffer = -1;      ///< number of a frame that comes without bytes; negative: none
    unsigned plainRate = 30;   ///< YUYV pictures a second
    std::vector<std::uint8_t>
        jpeg{}; ///< a picture of 320 x 240 that it gives 30 times a second where asked for; empty: not
};

/// Sets what the fake does from now on, and plugs it in anew.
void setFakeCamera(const FakeCamera& camera);
/// Pictures a second that it was last asked for; 0: nobody asked.
unsigned fakeCameraAskedRate();
/// File descriptors of the fake that are open.
int openFakeCameras();

} // namespace livegloss::test
