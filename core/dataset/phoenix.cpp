#include "text_lines.h"

#include <array>

namespace livegloss::dataset {
namespace {

namespace fs = std::filesystem;

constexpr std::array<const char*, 3> kSplits{"train", "dev", "test"};
/// As shipped, and as resized copies are commonly called.
constexpr std::array<const char*, 3> kPictureFolders{"fullFrame-210x260px", "fullFrame-256x256px",
                                                     "fullFrame-227x227px"};

/// Where the pictures of `root` are; the signer-independent corpus may share those of the multisigner one beside it.
fs::path pictureFolder(const fs::path& root) {
    std::error_code ignored;
    for (const fs::path& home : {root, root.parent_path() / "phoenix-2014-multisigner"}) {
        for (const char* name : kPictureFolders) {
            if (fs::exists(home / "features" / name, ignored)) {
                return home / "features" / name;
            }
        }
    }
    return root / "features" / kPictureFolders.front();
}

/// "clip/1/*.png" -> "clip/1": the folder that a row's pattern stands for.
Result<fs::path> folderOf(const ListLine& line, const std::string& pattern) {
    auto path = innerPath(line, pattern);
    if (path && path->filename().string().find('*') != std::string::npos) {
        return path->parent_path();
    }
    return path;
}

} // namespace

Result<std::vector<Clip>> readPhoenix2014(const fs::path& root, bool signerIndependent) {
    const fs::path pictures = pictureFolder(root);
    ClipList clips;
    for (const std::string split : kSplits) {
        const fs::path list =
            root / "annotations" / "manual" / (split + (signerIndependent ? ".SI5.corpus.csv" : ".corpus.csv"));
        auto read =
            forEachRow(list, '|', {"id", "folder", "signer", "annotation"}, [&](const ListLine& line) -> Result<void> {
                auto folder = folderOf(line, line.fields[1]);
                if (!folder) {
                    return tl::unexpected(std::move(folder.error()));
                }
                Clip clip;
                clip.id = line.fields[0];
                clip.split = split;
                clip.signer = line.fields[2];
                clip.glosses = wordsOf(line.fields[3]);
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

Result<std::vector<Clip>> readPhoenix2014T(const fs::path& root) {
    const fs::path pictures = pictureFolder(root);
    ClipList clips;
    for (const std::string split : kSplits) {
        const fs::path list = root / "annotations" / "manual" / ("PHOENIX-2014-T." + split + ".corpus.csv");
        auto read = forEachRow(list, '|', {"name", "video", "start", "end", "speaker", "orth", "translation"},
                               [&](const ListLine& line) -> Result<void> {
                                   // The column "video" is left over from another corpus: the pictures lie in the
                                   // folder of the name.
                                   auto folder = innerPath(line, line.fields[0]);
                                   if (!folder) {
                                       return tl::unexpected(std::move(folder.error()));
                                   }
                                   Clip clip;
                                   clip.id = line.fields[0];
                                   clip.split = split;
                                   clip.signer = line.fields[4];
                                   clip.glosses = wordsOf(line.fields[5]);
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

} // namespace livegloss::dataset
