#pragma once

#include "base/result.h"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace livegloss::dataset {

/// How a data set lies on disk. The first five are as their owners ship them.
enum class Layout {
    Phoenix2014,    ///< RWTH-PHOENIX-Weather 2014, multisigner
    Phoenix2014Si5, ///< the same, signer-independent: signer 5 is unseen in training
    Phoenix2014T,   ///< with translations
    CslDaily,
    Csl,   ///< USTC's 100 sentences, by signer
    Table, ///< a folder with dataset.tsv
    Synth, ///< what `livegloss-cli synth` writes: SPLIT.stm, SPLIT.json, SPLIT/ID.mp4
};
std::string_view layoutName(Layout layout); ///< for people: "PHOENIX-2014 (multisigner)"
std::string_view layoutKey(Layout layout);  ///< for the command line: "phoenix2014"
/// Every layout, in the order above.
const std::vector<Layout>& allLayouts();

/// A sign whose moments are known. Seconds from the clip's start.
struct SignSpan {
    std::string gloss;
    double startSeconds = 0.0;
    double endSeconds = 0.0;
};

/// One sentence of a data set.
struct Clip {
    std::string id;
    std::string split; ///< "train", "dev" or "test"
    std::string signer = "unknown";
    std::vector<std::string> glosses;
    std::filesystem::path media;        ///< a video, or a folder of pictures in the order of their names
    bool pictures = false;              ///< `media` is such a folder
    double fps = 25.0;                  ///< of pictures; a video says itself
    double startSeconds = 0.0;          ///< of the part of a video that is meant
    std::optional<double> endSeconds;   ///< nothing: to its end
    std::optional<int> announcedFrames; ///< where the data set says how many there are
    std::vector<SignSpan> spans;        ///< where they are known
    std::filesystem::path listedIn;     ///< where the clip is listed, for messages
    int line = 0;                       ///< from 1; 0: not a file of lines
};

/// Whose way of counting word errors published work on a data set follows.
enum class Protocol {
    None,
    Phoenix, ///< glosses are cleaned, and equal neighbours of what is recognised merged
    Csl,     ///< equal neighbours are merged
};
/// Beside dataset.tsv: one of protocolKey()'s words.
constexpr const char* kProtocolFile = "scoring-protocol.txt";
std::string_view protocolKey(Protocol protocol); ///< "none", "phoenix", "csl"

struct Dataset {
    Layout layout = Layout::Table;
    std::filesystem::path root;
    std::vector<Clip> clips; ///< in the order of the lists, train before dev before test
    Protocol protocol = Protocol::None;
    std::vector<std::string> notes; ///< what was left out and why, in English

    /// The clips of one split.
    std::vector<Clip> split(std::string_view name) const;
    /// Splits that have clips, in the order train, dev, test, others.
    std::vector<std::string> splits() const;
};

/// Which layout the folder has, by the files that tell it apart; an error lists what was looked for.
Result<Layout> recogniseLayout(const std::filesystem::path& root);

/// Reads the lists of a data set, not its pictures. The layout is recognised where none is given. Refused with file and
/// line: wrong columns, empty or repeated names, unknown splits, lines that are no UTF-8; media that is missing is
/// checkDataset()'s business. Any thread.
Result<Dataset> openDataset(const std::filesystem::path& root, std::optional<Layout> layout = std::nullopt);

/// Every file that it is read from: lists and videos.
std::vector<std::string> filesOf(const Dataset& dataset);

/// `file:line` or `file`, for messages about a clip.
std::string listedAt(const Clip& clip);

} // namespace livegloss::dataset
