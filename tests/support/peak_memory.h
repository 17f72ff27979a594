#pragma once

#include <cstdint>
#include <fstream>
#include <string>

namespace livegloss::testfiles {

/// How much the process's resident memory grows at its peak from here on (Linux).
class PeakMemory {
public:
    PeakMemory() {
        std::ofstream("/proc/self/clear_refs") << "5"; // resets the peak
        begin_ = field("VmRSS:");
    }
    /// Bytes.
    std::int64_t growth() const { return field("VmHWM:") - begin_; }

private:
    static std::int64_t field(const std::string& name) {
        std::ifstream status("/proc/self/status");
        std::string line;
        while (std::getline(status, line)) {
            if (line.starts_with(name)) {
                return std::stoll(line.substr(name.size())) * 1024;
            }
        }
        return 0;
    }
    std::int64_t begin_ = 0;
};

} // namespace livegloss::testfiles
