#include "dataset/dataset.h"

#include "text_lines.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <set>

namespace livegloss::dataset {
namespace {

namespace fs = std::filesystem;

struct LayoutFacts {
    Layout layout;
    std::string_view key;
    std::string_view name;
    std::string_view mark; ///< a file that only this layout has, seen from the root
};
constexpr std::array<LayoutFacts, 7> kLayouts{{
    {Layout::Phoenix2014, "phoenix2014", "PHOENIX-2014 (multisigner)", "annotations/manual/train.corpus.csv"},
    {Layout::Phoenix2014Si5, "phoenix2014-si5", "PHOENIX-2014 (signer-independent)",
     "annotations/manual/train.SI5.corpus.csv"},
    {Layout::Phoenix2014T, "phoenix2014-t", "PHOENIX-2014-T", "annotations/manual/PHOENIX-2014-T.train.corpus.csv"},
    {Layout::CslDaily, "csl-daily", "CSL-Daily", "video_map.txt"},
    {Layout::Csl, "csl", "CSL", "corpus.txt"},
    {Layout::Table, "table", "table of clips", "dataset.tsv"},
    {Layout::Synth, "synth", "synthetic signer", "train.stm"},
}};

const LayoutFacts& factsOf(Layout layout) {
    return *std::find_if(kLayouts.begin(), kLayouts.end(),
                         [&](const LayoutFacts& facts) { return facts.layout == layout; });
}

bool has(const fs::path& root, std::string_view file) {
    std::error_code ignored;
    return fs::exists(root / file, ignored);
}

bool isOf(const fs::path& root, const LayoutFacts& facts) {
    switch (facts.layout) {
    case Layout::CslDaily:
        return has(root, "sentence_label/video_map.txt") || has(root, facts.mark);
    case Layout::Csl:
        return has(root, facts.mark) || (has(root, "train.txt") && has(root, "dev.txt"));
    case Layout::Synth:
        return has(root, facts.mark) || has(root, "dev.stm") || has(root, "test.stm");
    default:
        return has(root, facts.mark);
    }
}

Result<std::vector<Clip>> readClips(const fs::path& root, Layout layout) {
    switch (layout) {
    case Layout::Phoenix2014:
        return readPhoenix2014(root, false);
    case Layout::Phoenix2014Si5:
        return readPhoenix2014(root, true);
    case Layout::Phoenix2014T:
        return readPhoenix2014T(root);
    case Layout::CslDaily:
        return readCslDaily(root);
    case Layout::Csl:
        return readCsl(root);
    case Layout::Table:
        return readTable(root);
    case Layout::Synth:
        break;
    }
    return readSynthFolder(root);
}

constexpr std::array<Protocol, 3> kProtocols{Protocol::None, Protocol::Phoenix, Protocol::Csl};

/// Of a copy it stands in a file, since its layout does not tell.
Result<Protocol> protocolOf(const fs::path& root, Layout layout) {
    switch (layout) {
    case Layout::Phoenix2014:
    case Layout::Phoenix2014Si5:
    case Layout::Phoenix2014T:
        return Protocol::Phoenix;
    case Layout::CslDaily:
    case Layout::Csl:
        return Protocol::Csl;
    case Layout::Table:
        break;
    case Layout::Synth:
        return Protocol::None;
    }
    Protocol protocol = Protocol::None;
    const fs::path file = root / kProtocolFile;
    if (!has(root, kProtocolFile)) {
        return protocol;
    }
    auto read = forEachLine(file, '\t', [&](const ListLine& line) -> Result<void> {
        for (const Protocol each : kProtocols) {
            if (line.fields[0] == protocolKey(each)) {
                protocol = each;
                return {};
            }
        }
        return line.wrong("\"" + line.fields[0] + "\" is no way to count word errors: expected none, phoenix or csl");
    });
    return read ? Result<Protocol>(protocol) : tl::unexpected(std::move(read.error()));
}

/// A sentence of PHOENIX-2014 whose pictures end long before its glosses do: no alignment of the two exists, and
/// published work leaves it out.
constexpr std::string_view kBrokenClip = "13April_2011_Wednesday_tagesschau_default-14";

void leaveOutBroken(Dataset& data) {
    const auto gone = std::erase_if(data.clips, [&](const Clip& clip) {
        return data.protocol == Protocol::Phoenix && clip.split == "train" && clip.id == kBrokenClip;
    });
    if (gone > 0) {
        data.notes.push_back(std::string(kBrokenClip) + " is left out of train, as in published work: its pictures end "
                                                        "before its glosses do");
    }
}

} // namespace

std::string_view protocolKey(Protocol protocol) {
    switch (protocol) {
    case Protocol::Phoenix:
        return "phoenix";
    case Protocol::Csl:
        return "csl";
    case Protocol::None:
        break;
    }
    return "none";
}

std::string_view layoutName(Layout layout) {
    return factsOf(layout).name;
}

std::string_view layoutKey(Layout layout) {
    return factsOf(layout).key;
}

const std::vector<Layout>& allLayouts() {
    static const std::vector<Layout> layouts = [] {
        std::vector<Layout> all;
        for (const LayoutFacts& facts : kLayouts) {
            all.push_back(facts.layout);
        }
        return all;
    }();
    return layouts;
}

std::vector<Clip> Dataset::split(std::string_view name) const {
    std::vector<Clip> chosen;
    std::copy_if(clips.begin(), clips.end(), std::back_inserter(chosen),
                 [&](const Clip& clip) { return clip.split == name; });
    return chosen;
}

std::vector<std::string> Dataset::splits() const {
    std::vector<std::string> names;
    for (const char* name : {"train", "dev", "test"}) {
        if (std::any_of(clips.begin(), clips.end(), [&](const Clip& clip) { return clip.split == name; })) {
            names.emplace_back(name);
        }
    }
    return names;
}

Result<Layout> recogniseLayout(const fs::path& root) {
    std::error_code ignored;
    if (!fs::is_directory(root, ignored)) {
        return failure(ErrorCode::NotFound, root.string() + " is no folder", "Check the path of the data set.");
    }
    std::string looked;
    for (const LayoutFacts& facts : kLayouts) {
        if (isOf(root, facts)) {
            return facts.layout;
        }
        looked.append(looked.empty() ? "" : ", ").append(facts.mark);
    }
    return failure(ErrorCode::Unsupported, root.string() + " is no data set of a known layout; looked for " + looked,
                   "Name the folder that holds these files, or list your videos in a dataset.tsv (docs/datasets.md).");
}

Result<Dataset> openDataset(const fs::path& root, std::optional<Layout> layout) {
    if (!layout) {
        auto recognised = recogniseLayout(root);
        if (!recognised) {
            return tl::unexpected(std::move(recognised.error()));
        }
        layout = *recognised;
    }
    auto clips = readClips(root, *layout);
    if (!clips) {
        return tl::unexpected(std::move(clips.error()));
    }
    if (clips->empty()) {
        return failure(ErrorCode::Unreadable, root.string() + " lists no clips",
                       "Check that it is the whole data set.");
    }
    auto protocol = protocolOf(root, *layout);
    if (!protocol) {
        return tl::unexpected(std::move(protocol.error()));
    }
    Dataset data{*layout, root, std::move(*clips), *protocol, {}};
    leaveOutBroken(data);
    if (*layout == Layout::Table && has(root, "copies.tsv") && !has(root, kProtocolFile)) {
        data.notes.push_back(
            "the copy was made by an earlier version and does not say how word errors are counted: run "
            "dataset build again with the same settings, which keeps its clips");
    }
    return data;
}

std::vector<std::string> filesOf(const Dataset& dataset) {
    std::set<std::string> files;
    for (const Clip& clip : dataset.clips) {
        files.insert(clip.listedIn.string());
        if (!clip.pictures) {
            files.insert(clip.media.string());
        }
    }
    return {files.begin(), files.end()};
}

std::string listedAt(const Clip& clip) {
    std::string place = clip.listedIn.string();
    if (clip.line > 0) {
        place.append(", line ").append(std::to_string(clip.line));
    }
    return place;
}

} // namespace livegloss::dataset
