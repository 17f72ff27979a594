#include "fake_camera.h"

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <deque>
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <mutex>
#include <set>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace livegloss::test {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t pictureBytes = std::size_t{fakeCameraWidth} * fakeCameraHeight * 2;
constexpr std::size_t bufferStride = 155'648; // pictureBytes in whole pages
constexpr unsigned maxBuffers = 32;
constexpr unsigned jpegRate = 30;

/// All of the fake's state; its mutex is held for every call.
struct Device {
    std::mutex mutex;
    FakeCamera behaviour;
    std::set<int> descriptors;
    std::uint8_t* memory = nullptr;
    std::deque<unsigned> queue;
    bool streaming = false;
    bool givesJpeg = false;
    unsigned askedRate = 0;
    int sequence = 0;
    Clock::time_point due;

    unsigned rate() const { return givesJpeg ? jpegRate : behaviour.plainRate; }
    std::chrono::microseconds period() const { return std::chrono::microseconds(1'000'000 / rate()); }
};

Device& device() {
    static Device instance;
    return instance;
}

template <class Function>
Function original(const char* name) {
    return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

bool isOurs(int descriptor) {
    Device& camera = device();
    const std::scoped_lock lock(camera.mutex);
    return camera.descriptors.count(descriptor) > 0;
}

int openFake() {
    Device& camera = device();
    const std::scoped_lock lock(camera.mutex);
    if (!camera.behaviour.present || camera.behaviour.forbidden) {
        errno = camera.behaviour.present ? EACCES : ENOENT;
        return -1;
    }
    // An anonymous file stands for the device, so that the real mmap() and poll() work on it.
    const int descriptor = memfd_create("fake camera", MFD_CLOEXEC);
    if (descriptor < 0 || ftruncate(descriptor, static_cast<off_t>(bufferStride * maxBuffers)) != 0) {
        return -1;
    }
    void* memory = mmap(nullptr, bufferStride * maxBuffers, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    if (camera.memory != nullptr) {
        munmap(camera.memory, bufferStride * maxBuffers);
    }
    camera.memory = static_cast<std::uint8_t*>(memory);
    camera.descriptors.insert(descriptor);
    camera.queue.clear();
    camera.streaming = false;
    camera.sequence = 0;
    return descriptor;
}

int fail(int code) {
    errno = code;
    return -1;
}

int describe(Device& camera, v4l2_capability& capability) {
    capability = {};
    std::snprintf(reinterpret_cast<char*>(capability.driver), sizeof capability.driver, "fake");
    std::snprintf(reinterpret_cast<char*>(capability.card), sizeof capability.card, "%s", fakeCameraName);
    capability.device_caps =
        camera.behaviour.metadataNode ? V4L2_CAP_META_CAPTURE : V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING;
    capability.capabilities = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING | V4L2_CAP_DEVICE_CAPS;
    return 0;
}

int describeFormat(const Device& camera, v4l2_format& format) {
    v4l2_pix_format& pixels = format.fmt.pix;
    pixels.width = fakeCameraWidth;
    pixels.height = fakeCameraHeight;
    pixels.pixelformat = camera.givesJpeg ? V4L2_PIX_FMT_MJPEG : V4L2_PIX_FMT_YUYV;
    pixels.field = V4L2_FIELD_NONE;
    pixels.bytesperline = fakeCameraWidth * 2;
    pixels.sizeimage = pictureBytes;
    pixels.colorspace = V4L2_COLORSPACE_SRGB;
    return 0;
}

int takePicture(Device& camera, v4l2_buffer& buffer) {
    const FakeCamera& behaviour = camera.behaviour;
    const bool silent = behaviour.stallAfter >= 0 && camera.sequence >= behaviour.stallAfter;
    if (!camera.streaming || camera.queue.empty() || silent || Clock::now() < camera.due) {
        return fail(EAGAIN);
    }
    const unsigned index = camera.queue.front();
    camera.queue.pop_front();
    std::uint8_t* picture = camera.memory + index * bufferStride;
    const std::size_t bytes = camera.givesJpeg ? behaviour.jpeg.size() : pictureBytes;
    for (std::size_t i = 0; i < bytes; i += 2) {
        picture[i] = static_cast<std::uint8_t>(16 + camera.sequence * 7 % 220);
        picture[i + 1] = 128;
    }
    if (camera.givesJpeg) {
        std::memcpy(picture, behaviour.jpeg.data(), bytes);
    }
    const auto now = std::chrono::duration_cast<std::chrono::microseconds>(camera.due.time_since_epoch()).count();
    buffer.index = index;
    buffer.bytesused = camera.sequence == behaviour.emptyBuffer ? 0 : static_cast<unsigned>(bytes);
    buffer.length = pictureBytes;
    buffer.sequence = static_cast<unsigned>(camera.sequence++);
    buffer.flags = V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC;
    buffer.timestamp.tv_sec = now / 1'000'000;
    buffer.timestamp.tv_usec = now % 1'000'000;
    buffer.m.offset = static_cast<unsigned>(index * bufferStride);
    camera.due += camera.period();
    return 0;
}

int startStreaming(Device& camera) {
    if (camera.behaviour.busy) {
        return fail(EBUSY);
    }
    camera.streaming = true;
    camera.due = Clock::now() + camera.period();
    return 0;
}

int control(unsigned long request, void* argument) {
    Device& camera = device();
    const std::scoped_lock lock(camera.mutex);
    if (camera.behaviour.unplugAfter >= 0 && camera.sequence >= camera.behaviour.unplugAfter) {
        return fail(ENODEV);
    }
    switch (request & 0xFFFFFFFFUL) {
    case VIDIOC_QUERYCAP:
        return describe(camera, *static_cast<v4l2_capability*>(argument));
    case VIDIOC_ENUMINPUT: {
        auto& input = *static_cast<v4l2_input*>(argument);
        if (input.index != 0) {
            return fail(EINVAL);
        }
        input.type = V4L2_INPUT_TYPE_CAMERA;
        input.std = 0;
        return 0;
    }
    case VIDIOC_G_INPUT:
        *static_cast<int*>(argument) = 0;
        return 0;
    case VIDIOC_S_INPUT:
        return 0;
    case VIDIOC_ENUM_FMT: {
        auto& format = *static_cast<v4l2_fmtdesc*>(argument);
        if (format.index > (camera.behaviour.jpeg.empty() ? 0 : 1)) {
            return fail(EINVAL);
        }
        format.pixelformat = format.index == 0 ? V4L2_PIX_FMT_YUYV : V4L2_PIX_FMT_MJPEG;
        return 0;
    }
    case VIDIOC_S_FMT: {
        auto& format = *static_cast<v4l2_format*>(argument);
        camera.givesJpeg = !camera.behaviour.jpeg.empty() && format.fmt.pix.pixelformat == V4L2_PIX_FMT_MJPEG;
        return describeFormat(camera, format);
    }
    case VIDIOC_G_FMT:
    case VIDIOC_TRY_FMT:
        return describeFormat(camera, *static_cast<v4l2_format*>(argument));
    case VIDIOC_S_PARM: {
        const auto& wish = static_cast<v4l2_streamparm*>(argument)->parm.capture.timeperframe;
        camera.askedRate = wish.numerator == 0 ? 0 : wish.denominator / wish.numerator;
        [[fallthrough]];
    }
    case VIDIOC_G_PARM: {
        auto& rate = static_cast<v4l2_streamparm*>(argument)->parm.capture;
        rate.capability = V4L2_CAP_TIMEPERFRAME;
        rate.timeperframe = {1, camera.rate()};
        return 0;
    }
    case VIDIOC_REQBUFS: {
        auto& buffers = *static_cast<v4l2_requestbuffers*>(argument);
        buffers.count = buffers.count > maxBuffers ? maxBuffers : buffers.count;
        camera.queue.clear();
        return 0;
    }
    case VIDIOC_QUERYBUF: {
        auto& buffer = *static_cast<v4l2_buffer*>(argument);
        buffer.length = pictureBytes;
        buffer.m.offset = static_cast<unsigned>(buffer.index * bufferStride);
        buffer.flags = 0;
        return 0;
    }
    case VIDIOC_QBUF:
        camera.queue.push_back(static_cast<v4l2_buffer*>(argument)->index);
        return 0;
    case VIDIOC_DQBUF:
        return takePicture(camera, *static_cast<v4l2_buffer*>(argument));
    case VIDIOC_STREAMON:
        return startStreaming(camera);
    case VIDIOC_STREAMOFF:
        camera.streaming = false;
        return 0;
    default:
        return fail(ENOTTY);
    }
}

std::atomic<DIR*> deviceFolder{nullptr};

} // namespace

void setFakeCamera(const FakeCamera& camera) {
    const std::scoped_lock lock(device().mutex);
    device().behaviour = camera;
    device().sequence = 0;
    device().givesJpeg = false;
    device().askedRate = 0;
}

unsigned fakeCameraAskedRate() {
    const std::scoped_lock lock(device().mutex);
    return device().askedRate;
}

int openFakeCameras() {
    const std::scoped_lock lock(device().mutex);
    return static_cast<int>(device().descriptors.size());
}

} // namespace livegloss::test

// The functions that stand in for the C library's. Declared as the library's headers do, hence the C linkage and names.
namespace fake = livegloss::test;

extern "C" {

int open64(const char* path, int flags, ...) {
    if (std::strcmp(path, fake::fakeCameraPath) == 0) {
        return fake::openFake();
    }
    mode_t mode = 0;
    if ((flags & (O_CREAT | O_TMPFILE)) != 0) {
        va_list arguments;
        va_start(arguments, flags);
        mode = va_arg(arguments, mode_t);
        va_end(arguments);
    }
    static const auto real = fake::original<int (*)(const char*, int, ...)>("open64");
    return real(path, flags, mode);
}

int open(const char* path, int flags, ...) {
    mode_t mode = 0;
    if ((flags & (O_CREAT | O_TMPFILE)) != 0) {
        va_list arguments;
        va_start(arguments, flags);
        mode = va_arg(arguments, mode_t);
        va_end(arguments);
    }
    return open64(path, flags, mode);
}

int __open_2(const char* path, int flags) {
    return open64(path, flags);
}
int __open64_2(const char* path, int flags) {
    return open64(path, flags);
}

int close(int descriptor) {
    if (fake::isOurs(descriptor)) {
        const std::scoped_lock lock(fake::device().mutex);
        fake::device().descriptors.erase(descriptor);
        fake::device().streaming = false;
    }
    static const auto real = fake::original<int (*)(int)>("close");
    return real(descriptor);
}

int ioctl(int descriptor, unsigned long request, ...) {
    va_list arguments;
    va_start(arguments, request);
    void* argument = va_arg(arguments, void*);
    va_end(arguments);
    if (fake::isOurs(descriptor)) {
        return fake::control(request, argument);
    }
    static const auto real = fake::original<int (*)(int, unsigned long, ...)>("ioctl");
    return real(descriptor, request, argument);
}

DIR* opendir(const char* path) {
    static const auto real = fake::original<DIR* (*)(const char*)>("opendir");
    DIR* folder = real(path);
    if (std::strcmp(path, "/dev") == 0) {
        fake::deviceFolder = folder;
    }
    return folder;
}

// The fake is the last entry of /dev.
dirent64* readdir64(DIR* folder) {
    static const auto real = fake::original<dirent64* (*)(DIR*)>("readdir64");
    dirent64* entry = real(folder);
    DIR* expected = folder;
    if (entry == nullptr && fake::deviceFolder.compare_exchange_strong(expected, nullptr)) {
        const std::scoped_lock lock(fake::device().mutex);
        if (fake::device().behaviour.present) {
            static dirent64 extra;
            std::snprintf(extra.d_name, sizeof extra.d_name, "video0");
            extra.d_type = DT_CHR;
            return &extra;
        }
    }
    return entry;
}
}
