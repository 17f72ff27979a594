#include "dataset_build.h"

#include "base/decimal.h"
#include "commands.h"
#include "copy_record.h"
#include "dataset/vocabulary.h"
#include "dataset_media.h"
#include "dataset_samples.h"
#include "evaluation/stm_ctm.h"
#include "media/rate_resampler.h"
#include "media/video_writer.h"
#include "output_file.h"
#include "report_output.h"
#include "terminal.h"
#include "vision/preprocess.h"

#include <QImage>
#include <filesystem>
#include <fstream>
#include <memory>
#include <unistd.h>

namespace livegloss::cli {

namespace {

namespace fs = std::filesystem;

void makeFolder(const fs::path& folder) {
    std::error_code problem;
    fs::create_directories(folder, problem);
    if (problem) {
        throw CommandFailure{{ErrorCode::WriteFailed, "cannot make " + folder.string() + ": " + problem.message(),
                              "Check that the folder may be written to and has room."}};
    }
}

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) {
        text.append(text.empty() ? "" : " ").append(word);
    }
    return text;
}

constexpr const char* kVocabularyHeading = "label\tgloss\ttrain\tdev\ttest";

/// Not SPLIT.stm: the output would look like a folder of the synthetic signer.
std::string referenceName(const std::string& split) {
    return "groundtruth-" + split + ".stm";
}

fs::path copyOf(const dataset::Clip& clip, bool pictures) {
    return fs::path("clips") / clip.split / (clip.id + (pictures ? ".pictures" : ".mp4"));
}

[[noreturn]] void refuse(const std::string& message) {
    throw CommandFailure{{ErrorCode::InvalidArgument, message, "Choose an empty or a new folder for --output."}};
}

/// Lets through folders that are new, hold none of the names to be written, or were filled by this command before.
void refuseForeignFiles(const dataset::Dataset& data, const fs::path& output, const BuildArguments& arguments) {
    std::error_code ignored;
    if (fs::equivalent(output, data.root, ignored)) {
        refuse(output.string() + " is the data set itself, whose files would be replaced");
    }
    for (const dataset::Clip& clip : data.clips) {
        if (fs::equivalent(output / copyOf(clip, arguments.pictures), clip.media, ignored)) {
            refuse(clip.media.string() + " belongs to the data set and would be taken for a copy");
        }
    }
    bool copies = false;
    for (const dataset::Clip& clip : data.clips) {
        copies = copies || fs::exists(output / copyOf(clip, arguments.pictures), ignored);
    }
    std::string heading;
    if (std::ifstream before(output / "vocabulary.tsv");
        std::getline(before, heading) && heading == kVocabularyHeading) {
        if (copies && arguments.resize && !fs::exists(CopyRecord::fileIn(output), ignored)) {
            refuse((output / "clips").string() + " was written by an earlier version, which did not note how it made "
                                                 "them; remove that folder to have them written anew");
        }
        return;
    }
    if (copies) {
        refuse((output / "clips").string() + " holds clips of these names already, which this command did not write");
    }
    std::vector<std::string> names{"vocabulary.tsv", "glosses.txt", "dataset.tsv", "copies.tsv",
                                   dataset::kProtocolFile};
    for (const std::string& split : data.splits()) {
        names.push_back(referenceName(split));
    }
    for (const std::string& name : names) {
        if (fs::exists(output / name, ignored)) {
            refuse((output / name).string() + " is there already and was not written by this command");
        }
    }
}

/// vocabulary.tsv goes first: it tells a later run that the folder is this command's.
int writeVocabulary(const dataset::Dataset& data, const fs::path& output) {
    const auto vocabulary = dataset::vocabularyOf(data);
    std::string table = std::string(kVocabularyHeading) + "\n";
    for (std::size_t i = 0; i < vocabulary.size(); ++i) {
        const dataset::VocabularyEntry& entry = vocabulary[i];
        table.append(std::to_string(i + 1)).append("\t").append(entry.gloss);
        for (const std::int64_t count : {entry.train, entry.dev, entry.test}) {
            table.append("\t").append(std::to_string(count));
        }
        table.append("\n");
    }
    valueOrFail(writeOutput((output / "vocabulary.tsv").string(), table));
    valueOrFail(dataset::writeVocabulary(output / "glosses.txt", vocabulary));
    return static_cast<int>(vocabulary.size());
}

void writeReferences(const dataset::Dataset& data, const fs::path& output) {
    for (const std::string& split : data.splits()) {
        std::vector<evaluation::StmSegment> segments;
        for (const dataset::Clip& clip : data.split(split)) {
            evaluation::StmSegment segment;
            segment.file = clip.id;
            segment.speaker = clip.signer;
            segment.words = clip.glosses;
            segments.push_back(std::move(segment));
        }
        valueOrFail(evaluation::writeStm(output / referenceName(split), segments));
    }
}

/// Where the frames of a copy go.
class CopyWriter {
public:
    virtual ~CopyWriter() = default;
    virtual Result<void> write(const Frame& frame) = 0;
    /// The copy is whole and takes its place.
    virtual Result<void> close() = 0;
};

class VideoCopy final : public CopyWriter {
public:
    VideoCopy(std::unique_ptr<media::VideoWriter> writer, int size) : writer_(std::move(writer)), size_(size) {}
    Result<void> write(const Frame& frame) override { return writer_->write(squarePicture(frame, size_).data()); }
    Result<void> close() override { return writer_->close(); }

private:
    std::unique_ptr<media::VideoWriter> writer_;
    int size_;
};

class PictureCopy final : public CopyWriter {
public:
    PictureCopy(fs::path folder, int size) : folder_(std::move(folder)), part_(folder_), size_(size) {
        part_ += ".part-" + std::to_string(getpid()); // another build may be at it
        std::error_code ignored;
        fs::remove_all(part_, ignored);
        makeFolder(part_);
    }
    ~PictureCopy() override {
        std::error_code ignored;
        fs::remove_all(part_, ignored);
    }
    PictureCopy(const PictureCopy&) = delete;
    PictureCopy& operator=(const PictureCopy&) = delete;

    Result<void> write(const Frame& frame) override {
        constexpr int fast = 85; // of zlib's levels; no loss at any
        const std::vector<std::uint8_t> picture = vision::lanczosPicture(frame, size_);
        const QImage image(picture.data(), size_, size_, 3 * size_, QImage::Format_RGB888);
        std::string name = std::to_string(written_++);
        name.insert(0, name.size() < 6 ? 6 - name.size() : 0, '0');
        const fs::path path = part_ / name.append(".png");
        return image.save(QString::fromStdString(path.string()), "PNG", fast)
                   ? Result<void>()
                   : failure(ErrorCode::WriteFailed, "cannot write " + path.string(),
                             "Check that the folder may be written to and has room.");
    }
    Result<void> close() override {
        std::error_code problem;
        fs::remove_all(folder_, problem);
        fs::rename(part_, folder_, problem);
        return problem ? failure(ErrorCode::WriteFailed, "cannot write " + folder_.string() + ": " + problem.message())
                       : Result<void>();
    }

private:
    fs::path folder_;
    fs::path part_;
    int size_;
    int written_ = 0;
};

Result<std::unique_ptr<CopyWriter>> makeCopy(const BuildArguments& arguments, const fs::path& path, double fps) {
    if (arguments.pictures) {
        return std::make_unique<PictureCopy>(path, arguments.size);
    }
    auto writer =
        media::createVideo(path, {.width = arguments.size, .height = arguments.size, .fps = fps, .crf = arguments.crf});
    if (!writer) {
        return tl::unexpected(std::move(writer.error()));
    }
    return std::make_unique<VideoCopy>(std::move(*writer), arguments.size);
}

/// Writes one clip at its stated rate: frames that came later or sooner than it says keep their moments.
Result<void> writeClip(const dataset::Clip& clip, const BuildArguments& arguments, const fs::path& path) {
    const auto facts = probeMedia(clip, true);
    if (!facts) {
        return tl::unexpected(facts.error());
    }
    auto copy = makeCopy(arguments, path, facts->fps);
    if (!copy) {
        return tl::unexpected(std::move(copy.error()));
    }
    media::RateResampler resampler(facts->fps, MediaTime::max());
    const auto writeAll = [&](const std::vector<FramePtr>& frames) {
        Result<void> written;
        for (const FramePtr& frame : frames) {
            written = written.and_then([&] { return (*copy)->write(*frame); });
        }
        return written;
    };
    return forEachFrame(clip, [&](const FramePtr& frame) { return writeAll(resampler.push(frame)); })
        .and_then([&](const media::SourceLosses& losses) -> Result<void> {
            // A copy would look whole.
            const std::string damage = damageText(clip, losses);
            return damage.empty() ? Result<void>() : failure(ErrorCode::Unreadable, damage);
        })
        .and_then([&] { return writeAll(resampler.finish()); })
        .and_then([&] { return (*copy)->close(); });
}

/// Videos say their rate themselves.
std::string pictureRate(const dataset::Clip& clip, const BuildArguments& arguments) {
    const auto facts = arguments.pictures ? probeMedia(clip, true) : Result<dataset::MediaFacts>();
    return arguments.pictures && facts ? decimalText(facts->fps) : std::string();
}

} // namespace

BuildOutcome buildDataset(const dataset::Dataset& data, const BuildArguments& arguments,
                          const std::function<void(int done, int all)>& progress) {
    const fs::path output = arguments.output;
    refuseForeignFiles(data, output, arguments);
    makeFolder(output);
    BuildOutcome outcome;
    outcome.glosses = writeVocabulary(data, output);
    writeReferences(data, output);
    if (!arguments.resize) {
        return outcome;
    }
    CopyRecord record(output);
    const std::string compression = arguments.pictures ? "png" : std::to_string(arguments.crf);
    std::string table = "path\tglosses\tsplit\tsigner\tid\tfps\n";
    dataset::Dataset copied = data;
    copied.clips.clear();
    const int all = static_cast<int>(data.clips.size());
    for (int i = 0; i < all; ++i) {
        if (interrupted()) {
            throw CommandFailure{
                {ErrorCode::Cancelled, "the build was stopped", "The same command goes on where it stopped."}};
        }
        progress(i, all);
        const dataset::Clip& clip = data.clips[static_cast<std::size_t>(i)];
        const fs::path path = copyOf(clip, arguments.pictures);
        makeFolder((output / path).parent_path());
        const std::string making = makingOf(clip, arguments.size, compression);
        std::error_code ignored;
        const bool there = fs::exists(output / path, ignored);
        if (there && record.holds(path, making)) {
            ++outcome.kept;
        } else if (auto written = writeClip(clip, arguments, output / path); written) {
            valueOrFail(record.add(path, making));
            ++outcome.written;
            outcome.replaced += there ? 1 : 0;
        } else if (written.error().code == ErrorCode::WriteFailed) {
            throw CommandFailure{written.error()};
        } else {
            outcome.failures.push_back(dataset::listedAt(clip) + ": " + written.error().message);
            continue;
        }
        table.append(path.generic_string()).append("\t").append(joined(clip.glosses)).append("\t");
        table.append(clip.split).append("\t").append(clip.signer).append("\t").append(clip.id).append("\t");
        table.append(pictureRate(clip, arguments)).append("\n");
        copied.clips.push_back(clip);
    }
    if (!outcome.failures.empty()) { // else the copy's vocabulary would not be that of its clips
        outcome.glosses = writeVocabulary(copied, output);
        for (const std::string& split : data.splits()) {
            std::error_code ignored;
            fs::remove(output / referenceName(split), ignored);
        }
        writeReferences(copied, output);
    }
    valueOrFail(writeOutput((output / "dataset.tsv").string(), table));
    valueOrFail(writeOutput((output / dataset::kProtocolFile).string(),
                            std::string(dataset::protocolKey(data.protocol)) + "\n"));
    return outcome;
}

} // namespace livegloss::cli
