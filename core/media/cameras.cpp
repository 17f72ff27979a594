#include "ffmpeg.h"
#include "input.h"
#include "media/frame_source.h"

extern "C" {
#include <libavdevice/avdevice.h>
}

#include <algorithm>

#ifdef __linux__
#include <fcntl.h>
#include <linux/videodev2.h>
#include <sys/ioctl.h>
#include <unistd.h>
#endif

namespace livegloss::media {

namespace {

/// Whether the node itself gives pictures: cameras come with further nodes that carry data about them, and FFmpeg lists
/// those too.
bool givesPictures(const AVDeviceInfo& device) {
#ifdef __linux__
    const int descriptor = ::open(device.device_name, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (descriptor < 0) {
        return false;
    }
    v4l2_capability capability{};
    const bool answered = ::ioctl(descriptor, VIDIOC_QUERYCAP, &capability) == 0;
    ::close(descriptor);
    const auto abilities =
        (capability.capabilities & V4L2_CAP_DEVICE_CAPS) != 0 ? capability.device_caps : capability.capabilities;
    return answered && (abilities & V4L2_CAP_VIDEO_CAPTURE) != 0;
#else
    const AVMediaType* types = device.media_types;
    return types == nullptr ||
           std::find(types, types + device.nb_media_types, AVMEDIA_TYPE_VIDEO) != types + device.nb_media_types;
#endif
}

} // namespace

std::vector<CameraDevice> listCameras() {
    prepareLibraries();
    std::vector<CameraDevice> cameras;
    const AVInputFormat* format = av_find_input_format(cameraInputName());
    AVDeviceInfoList* list = nullptr;
    if (format == nullptr || avdevice_list_input_sources(format, nullptr, nullptr, &list) < 0 || list == nullptr) {
        return cameras;
    }
    for (int i = 0; i < list->nb_devices; ++i) {
        const AVDeviceInfo& device = *list->devices[i];
        if (givesPictures(device)) {
            cameras.push_back({device.device_name, device.device_description});
        }
    }
    avdevice_free_list_devices(&list);
    std::sort(cameras.begin(), cameras.end(), [](const auto& a, const auto& b) { return a.address < b.address; });
    return cameras;
}

} // namespace livegloss::media
