#include "media/picture_folder.h"

#include "picture_converter.h"
#include "picture_file.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cctype>
#include <cmath>
#include <string>
#include <string_view>
#include <utility>

namespace livegloss::media {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 5> kEndings{".png", ".jpg", ".jpeg", ".bmp", ".webp"};

bool isDigit(char c) {
    return c >= '0' && c <= '9';
}

/// Numbers in names compare by value: frame9 before frame10.
bool namedEarlier(const std::string& a, const std::string& b) {
    std::size_t i = 0;
    std::size_t j = 0;
    while (i < a.size() && j < b.size()) {
        if (!isDigit(a[i]) || !isDigit(b[j])) {
            if (a[i] != b[j]) {
                return a[i] < b[j];
            }
            ++i;
            ++j;
            continue;
        }
        const auto run = [](const std::string& text, std::size_t& at) {
            while (at + 1 < text.size() && text[at] == '0' && isDigit(text[at + 1])) {
                ++at;
            }
            const std::size_t first = at;
            while (at < text.size() && isDigit(text[at])) {
                ++at;
            }
            return std::string_view(text).substr(first, at - first);
        };
        const std::string_view left = run(a, i);
        const std::string_view right = run(b, j);
        if (left != right) {
            return left.size() != right.size() ? left.size() < right.size() : left < right;
        }
    }
    return a.size() - i != b.size() - j ? a.size() - i < b.size() - j : a < b;
}

class PictureFolder final : public FrameSource {
public:
    PictureFolder(std::vector<fs::path> pictures, SourceInfo info, const Clock& clock)
        : pictures_(std::move(pictures)), info_(std::move(info)), clock_(clock) {}

    const SourceInfo& info() const override { return info_; }

    Result<std::optional<FramePtr>> read() override {
        if (interrupted_) {
            return failure(ErrorCode::Cancelled, "Reading " + info_.name + " was stopped.");
        }
        if (next_ >= pictures_.size()) {
            return std::nullopt;
        }
        const fs::path& path = pictures_[next_];
        auto picture = readPicture(path, converter_);
        if (!picture) {
            return tl::unexpected(std::move(picture.error()));
        }
        const std::shared_ptr<Frame>& frame = *picture;
        if (info_.width == 0) {
            info_.width = frame->width;
            info_.height = frame->height;
        } else if (frame->width != info_.width || frame->height != info_.height) {
            return failure(ErrorCode::Unreadable, path.string() + " is " + std::to_string(frame->width) + "x" +
                                                      std::to_string(frame->height) + ", not " +
                                                      std::to_string(info_.width) + "x" + std::to_string(info_.height) +
                                                      " as the pictures before it");
        }
        frame->capturedAt = clock_.now();
        frame->index = static_cast<std::int64_t>(next_);
        frame->time = timeOf(next_);
        ++next_;
        return FramePtr(frame);
    }

    Result<void> seek(MediaTime time) override {
        // From a guess below to the last picture that is shown by then: times are rounded to microseconds.
        const double guess = std::floor(std::max(0.0, toSeconds(time)) * info_.fps) - 1.0;
        next_ = static_cast<std::size_t>(std::clamp(guess, 0.0, static_cast<double>(pictures_.size() - 1)));
        while (next_ + 1 < pictures_.size() && timeOf(next_ + 1) <= time) {
            ++next_;
        }
        return {};
    }

    void interrupt() override { interrupted_ = true; }

private:
    MediaTime timeOf(std::size_t picture) const { return fromSeconds(static_cast<double>(picture) / info_.fps); }

    std::vector<fs::path> pictures_;
    SourceInfo info_;
    const Clock& clock_;
    PictureConverter converter_;
    std::size_t next_ = 0;
    std::atomic<bool> interrupted_ = false;
};

} // namespace

Result<std::vector<fs::path>> picturesIn(const fs::path& folder) {
    std::vector<fs::path> pictures;
    std::error_code problem;
    for (fs::directory_iterator entry(folder, problem); !problem && entry != fs::directory_iterator();
         entry.increment(problem)) {
        std::string ending = entry->path().extension().string();
        std::transform(ending.begin(), ending.end(), ending.begin(),
                       [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
        if (std::find(kEndings.begin(), kEndings.end(), ending) != kEndings.end()) {
            pictures.push_back(entry->path());
        }
    }
    if (problem) {
        return failure(ErrorCode::Unreadable, folder.string() + " cannot be read: " + problem.message(),
                       "Check that it is a folder you may read.");
    }
    if (pictures.empty()) {
        return failure(ErrorCode::NotFound, folder.string() + " holds no pictures",
                       "Expected .png, .jpg, .jpeg, .bmp or .webp files.");
    }
    std::sort(pictures.begin(), pictures.end(), [](const fs::path& a, const fs::path& b) {
        return namedEarlier(a.filename().string(), b.filename().string());
    });
    return pictures;
}

Result<std::unique_ptr<FrameSource>> openPictureFolder(const fs::path& folder, double fps, const Clock& clock) {
    auto pictures = picturesIn(folder);
    if (!pictures) {
        return tl::unexpected(std::move(pictures.error()));
    }
    SourceInfo info;
    info.name = folder.filename().string();
    info.codec = "pictures";
    info.fps = fps > 0.0 ? fps : 25.0;
    info.duration = fromSeconds(static_cast<double>(pictures->size()) / info.fps);
    info.seekable = true;
    return std::make_unique<PictureFolder>(std::move(*pictures), std::move(info), clock);
}

} // namespace livegloss::media
