#include "text_lines.h"

#include <array>

namespace livegloss::dataset {
namespace {

namespace fs = std::filesystem;

constexpr std::array<const char*, 3> kSplits{"train", "dev", "test"};
/// The copy that published work on AdaptSign is trained on, as shipped, and another copy.
constexpr const char* kAsShipped = "fullFrame-210x260px";
constexpr std::array<const char*, 3> kPictureFolders{"fullFrame-256x256px", kAsShipped, "fullFrame-227x227px"};

/// Where the pictures are: in `root`, or in the multisigner corpus beside it, where they may be shared.
fs::path pictureFolder(const fs::path& root, bool mayShare) {
    std::error_code ignored;
    std::vector<fs::path> homes{root};
    if (mayShare) {
        homes.push_back(fs::weakly_canonical(root, ignored).parent_path() / "phoenix-2014-multisigner");
    }
    for (const fs::path& home : homes) {
        for (const char* name : kPictureFolders) {
            if (fs::exists(home / "features" / name, ignored)) {
                return home / "features" / name;
            }
        }
    }
    return root / "features" / kAsShipped;
}

/// "clip/1/*.png" -> "clip/1": the folder that a row's pattern stands for.
Result<fs::path> folderOf(const ListLine& line, const std::string& pattern) {
    auto path = innerPath(line, pattern);
    if (path && path->filename().string().find('*') != std::string::npos) {
        return path->parent_path();
    }
    return path;
}

/// Which columns of a list say what.
struct Columns {
    std::vector<std::string> names;
    std::size_t folder = 0;
    std::size_t signer = 0;
    std::size_t glosses = 0;
};

Result<std::vector<Clip>> readLists(const fs::path& root, const std::string& before, const std::string& after,
                                    const Columns& columns, bool sharesPictures) {
    const fs::path pictures = pictureFolder(root, sharesPictures);
    ClipList clips;
    for (const std::string split : kSplits) {
        std::string name = before;
        name.append(split).append(after);
        auto read = forEachRow(root / "annotations" / "manual" / name, '|', columns.names,
                               [&](const ListLine& line) -> Result<void> {
                                   auto folder = folderOf(line, line.fields[columns.folder]);
                                   if (!folder) {
                                       return tl::unexpected(std::move(folder.error()));
                                   }
                                   Clip clip;
                                   clip.id = line.fields[0];
                                   clip.split = split;
                                   clip.signer = line.fields[columns.signer];
                                   clip.glosses = wordsOf(line.fields[columns.glosses]);
                                   clip.media = pictures / split / *folder;
                                   clip.pictures = true;
                                   return clips.add(line, std::move(clip));
                               });
        if (!read) {
            return tl::unexpected(std::move(read.error()));
        }
    }
    return clips.take();
}

} // namespace

Result<std::vector<Clip>> readPhoenix2014(const fs::path& root, bool signerIndependent) {
    return readLists(root, {}, signerIndependent ? ".SI5.corpus.csv" : ".corpus.csv",
                     {{"id", "folder", "signer", "annotation"}, 1, 2, 3}, signerIndependent);
}

Result<std::vector<Clip>> readPhoenix2014T(const fs::path& root) {
    // The column "video" is left over from another corpus: the pictures lie in the folder of the name.
    return readLists(root, "PHOENIX-2014-T.", ".corpus.csv",
                     {{"name", "video", "start", "end", "speaker", "orth", "translation"}, 0, 4, 5}, false);
}

} // namespace livegloss::dataset
