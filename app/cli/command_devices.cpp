#include "commands.h"
#include "media/frame_source.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

namespace livegloss::cli {

namespace {

void printAsJson(const std::vector<media::CameraDevice>& cameras) {
    nlohmann::json list = nlohmann::json::array();
    for (const media::CameraDevice& camera : cameras) {
        list.push_back({{"address", camera.address}, {"name", camera.name}});
    }
    // Names come from the devices' own firmware and need not be UTF-8.
    const auto replace = nlohmann::json::error_handler_t::replace;
    std::puts(nlohmann::json{{"cameras", list}}.dump(2, ' ', false, replace).c_str());
}

void printAsText(const std::vector<media::CameraDevice>& cameras) {
    if (cameras.empty()) {
        std::puts("No camera found. Check that\n"
                  "  - it is plugged in and switched on, and its shutter is open;\n"
                  "  - this user may open it (Linux: member of the group \"video\", then signed in again);\n"
                  "  - in a virtual machine or container, that the device is passed through.\n"
                  "Without a camera, recognise a file or a stream: livegloss-cli live --help shows how.");
        return;
    }
    for (const media::CameraDevice& camera : cameras) {
        std::printf("camera:%s  %s\n", camera.address.c_str(), camera.name.c_str());
    }
}

} // namespace

void addDevicesCommand(CLI::App& app) {
    CLI::App* command = app.add_subcommand("devices", "List the cameras that can be used.");
    auto asJson = std::make_shared<bool>(false);
    command->add_flag("--json", *asJson, "print {\"cameras\": [{\"address\", \"name\"}]}");
    command->footer("Examples:\n"
                    "  livegloss-cli devices                      what is there, with addresses\n"
                    "  livegloss-cli live --input camera:/dev/video0   recognise from one of them");
    command->callback([asJson] {
        const std::vector<media::CameraDevice> cameras = media::listCameras();
        if (*asJson) {
            printAsJson(cameras);
        } else {
            printAsText(cameras);
        }
    });
}

} // namespace livegloss::cli
