#include "dataset/synth_truth.h"
#include "evaluation/stm_ctm.h"
#include "text_lines.h"

#include <map>

namespace livegloss::dataset {

namespace fs = std::filesystem;

Result<std::vector<Clip>> readSynthFolder(const fs::path& root) {
    ClipList clips;
    std::error_code ignored;
    for (const std::string split : {"train", "dev", "test"}) {
        const fs::path list = root / (split + ".stm");
        if (!fs::exists(list, ignored)) {
            continue;
        }
        // The reader of references takes any bytes; names and glosses of a data set are text.
        if (auto text = forEachLine(list, '\n', [](const ListLine&) { return Result<void>(); }); !text) {
            return tl::unexpected(std::move(text.error()));
        }
        auto segments = evaluation::readStm(list);
        if (!segments) {
            return tl::unexpected(std::move(segments.error()));
        }
        std::map<std::string, SynthTruth> known;
        if (const fs::path truth = root / (split + ".json"); fs::exists(truth, ignored)) {
            auto read = readSplitTruth(truth);
            if (!read) {
                return tl::unexpected(std::move(read.error()));
            }
            known = std::move(*read);
        }
        for (const evaluation::StmSegment& segment : *segments) {
            const ListLine line{list, segment.line, {}};
            auto name = innerPath(line, segment.file);
            if (!name) {
                return tl::unexpected(std::move(name.error()));
            }
            Clip clip;
            clip.id = segment.file;
            clip.split = split;
            clip.signer = segment.speaker;
            clip.glosses = segment.words;
            clip.media = root / split / (name->string() + ".mp4");
            if (const auto truth = known.find(segment.file); truth != known.end()) {
                clip.media = truth->second.video;
                clip.spans = truth->second.spans;
                clip.announcedFrames = truth->second.frames;
            }
            if (auto added = clips.add(line, std::move(clip)); !added) {
                return tl::unexpected(std::move(added.error()));
            }
        }
    }
    return clips.take();
}

} // namespace livegloss::dataset
