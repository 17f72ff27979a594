#include "text_lines.h"

#include <algorithm>
#include <charconv>
#include <map>

namespace livegloss::dataset {
namespace {

namespace fs = std::filesystem;

std::optional<int> wholeNumber(const std::string& text) {
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc{} && end == text.data() + text.size() && value >= 0 ? std::optional(value) : std::nullopt;
}

fs::path firstExisting(const std::vector<fs::path>& paths) {
    std::error_code ignored;
    const auto found =
        std::find_if(paths.begin(), paths.end(), [&](const fs::path& path) { return fs::exists(path, ignored); });
    return found == paths.end() ? paths.front() : *found;
}

/// "S000020_P0008_T00" -> "P0008".
std::string signerOf(const std::string& name) {
    const std::size_t at = name.find("_P");
    return at == std::string::npos ? "unknown" : name.substr(at + 1, name.find('_', at + 1) - at - 1);
}

Result<std::map<std::string, std::string>> readSplits(const fs::path& list) {
    std::map<std::string, std::string> splits;
    auto read = forEachRow(list, '|', {"name", "split"}, [&](const ListLine& line) -> Result<void> {
        const std::string& split = line.fields[1];
        if (split != "train" && split != "dev" && split != "test") {
            return line.wrong("\"" + split + "\" is no split: expected train, dev or test");
        }
        if (!splits.emplace(line.fields[0], split).second) {
            return line.wrong("\"" + line.fields[0] + "\" is listed twice");
        }
        return {};
    });
    if (!read) {
        return tl::unexpected(std::move(read.error()));
    }
    return splits;
}

} // namespace

Result<std::vector<Clip>> readCslDaily(const fs::path& root) {
    const fs::path labels = root / "sentence_label";
    const fs::path list = firstExisting({labels / "split_1.txt", root / "split_1.txt"});
    auto splits = readSplits(list);
    if (!splits) {
        return tl::unexpected(std::move(splits.error()));
    }
    const fs::path pictures = firstExisting({root / "sentence" / "frames_512x512", root / "frames_512x512"});
    const fs::path map = firstExisting({labels / "video_map.txt", root / "video_map.txt"});
    ClipList clips;
    std::vector<std::string> unlisted;
    auto read = forEachRow(map, '|', {"index", "name", "length", "gloss", "char", "word", "postag"},
                           [&](const ListLine& line) -> Result<void> {
                               auto folder = innerPath(line, line.fields[1]);
                               if (!folder) {
                                   return tl::unexpected(std::move(folder.error()));
                               }
                               const auto frames = wholeNumber(line.fields[2]);
                               if (!frames) {
                                   return line.wrong("\"" + line.fields[2] + "\" is no number of frames");
                               }
                               const auto split = splits->find(line.fields[1]);
                               if (split == splits->end()) {
                                   unlisted.push_back(line.fields[1]);
                               }
                               Clip clip;
                               clip.id = line.fields[1];
                               clip.split = split == splits->end() ? "train" : split->second;
                               clip.signer = signerOf(clip.id);
                               clip.glosses = wordsOf(line.fields[3]);
                               clip.media = pictures / *folder;
                               clip.pictures = true;
                               clip.fps = 30.0;
                               clip.announcedFrames = frames;
                               return clips.add(line, std::move(clip));
                           });
    if (!read) {
        return tl::unexpected(std::move(read.error()));
    }
    // The owners' split list leaves one sentence out, which published work trains on. Where it lacks more, it was cut
    // off, and those would be sentences to test on.
    if (unlisted.size() > 1) {
        return failure(ErrorCode::Unreadable,
                       list.string() + " names no split for " + std::to_string(unlisted.size()) + " of the clips in " +
                           map.string() + ", " + unlisted[0] + " and " + unlisted[1] + " first",
                       "It may be cut off or of another edition: take both lists from the same copy of the data.");
    }
    std::vector<Clip> all = clips.take();
    const auto rank = [](const Clip& clip) { return clip.split == "train" ? 0 : clip.split == "dev" ? 1 : 2; };
    std::stable_sort(all.begin(), all.end(), [&](const Clip& a, const Clip& b) { return rank(a) < rank(b); });
    return all;
}

namespace {

/// Sentences of corpus.txt: a number, then the words.
Result<std::map<int, std::pair<std::vector<std::string>, int>>> readSentences(const fs::path& list) {
    std::map<int, std::pair<std::vector<std::string>, int>> sentences;
    auto read = forEachLine(list, '\n', [&](const ListLine& line) -> Result<void> {
        std::vector<std::string> words = wordsOf(line.fields[0]);
        const auto number = wholeNumber(words.front());
        if (!number || words.size() < 2) {
            return line.wrong("expected the number of a sentence and its words");
        }
        words.erase(words.begin());
        if (!sentences.emplace(*number, std::pair(std::move(words), line.number)).second) {
            return line.wrong("sentence " + std::to_string(*number) + " is listed twice");
        }
        return {};
    });
    if (!read) {
        return tl::unexpected(std::move(read.error()));
    }
    return sentences;
}

/// "P01_s1_00_0_color.avi" -> 1; nothing where the name is no clip's, such as what file managers leave behind.
std::optional<int> signerNumber(const fs::path& path) {
    const std::string name = path.stem().string();
    return name.starts_with('P') ? wholeNumber(name.substr(1, name.find('_') - 1)) : std::nullopt;
}

/// The clips that lie in a folder, by name; none where it cannot be read. Of a video and the folder of its pictures the
/// video, which is whole.
std::vector<fs::path> clipsIn(const fs::path& folder) {
    std::map<std::string, fs::path> byName;
    std::error_code problem;
    for (fs::directory_iterator entry(folder, problem); !problem && entry != fs::directory_iterator();
         entry.increment(problem)) {
        const fs::path& path = entry->path();
        std::error_code ignored;
        const auto [other, isNew] = byName.try_emplace(path.stem().string(), path);
        if (!isNew &&
            (fs::is_directory(other->second, ignored) || (!fs::is_directory(path, ignored) && path < other->second))) {
            other->second = path;
        }
    }
    std::vector<fs::path> clips;
    for (auto& [name, path] : byName) {
        if (signerNumber(path)) {
            clips.push_back(std::move(path));
        }
    }
    return clips;
}

/// Lists as published work makes them: a path, "|", glosses. Of a path from another machine the end counts.
Result<std::vector<Clip>> readCslLists(const fs::path& root) {
    ClipList clips;
    for (const std::string split : {"train", "dev", "test"}) {
        const fs::path list = root / (split + ".txt");
        if (std::error_code ignored; split == "test" && !fs::exists(list, ignored)) {
            continue;
        }
        auto read = forEachLine(list, '|', [&](const ListLine& line) -> Result<void> {
            if (line.fields.size() != 2) {
                return line.wrong("expected a path and glosses with | between them");
            }
            const fs::path path = fs::path(line.fields[0]).lexically_normal();
            if (path.filename().empty() || path.filename() == "..") {
                return line.wrong("\"" + line.fields[0] + "\" is no path of a clip");
            }
            const fs::path sentence = path.parent_path().filename();
            std::error_code ignored;
            Clip clip;
            clip.id = (sentence / path.filename()).generic_string();
            clip.split = split;
            clip.signer = path.filename().string().substr(0, path.filename().string().find('_'));
            clip.glosses = wordsOf(line.fields[1]);
            clip.media =
                firstExisting({root / "color" / sentence / path.filename(), root / sentence / path.filename()});
            clip.pictures = !fs::is_regular_file(clip.media, ignored);
            clip.fps = 30.0;
            return clips.add(line, std::move(clip));
        });
        if (!read) {
            return tl::unexpected(std::move(read.error()));
        }
    }
    return clips.take();
}

/// The signers that published work leaves out of training ("split I"): 41 to 50.
constexpr int kTrainingSigners = 40;

} // namespace

Result<std::vector<Clip>> readCsl(const fs::path& root) {
    std::error_code ignored;
    if (fs::exists(root / "train.txt", ignored)) {
        return readCslLists(root);
    }
    const fs::path corpus = root / "corpus.txt";
    auto sentences = readSentences(corpus);
    if (!sentences) {
        return tl::unexpected(std::move(sentences.error()));
    }
    std::vector<Clip> clips;
    for (const auto& [number, sentence] : *sentences) {
        std::string folder = std::to_string(number);
        folder.insert(0, folder.size() < 3 ? 3 - folder.size() : 0, '0');
        Clip clip;
        clip.id = folder;
        clip.split = "train";
        clip.glosses = sentence.first;
        clip.media = root / "color" / folder;
        clip.fps = 30.0;
        clip.listedIn = corpus;
        clip.line = sentence.second;
        const std::vector<fs::path> videos = clipsIn(clip.media);
        for (const fs::path& video : videos) {
            const std::string name = video.stem().string();
            clip.id = folder + "/" + name;
            clip.split = *signerNumber(video) <= kTrainingSigners ? "train" : "test";
            clip.signer = name.substr(0, name.find('_'));
            clip.media = video;
            clip.pictures = fs::is_directory(video, ignored);
            clips.push_back(clip);
        }
        if (videos.empty()) {
            clip.pictures = true; // of which there are none: whoever looks for them finds the sentence missing
            clips.push_back(std::move(clip));
        }
    }
    std::stable_sort(clips.begin(), clips.end(), [](const Clip& a, const Clip& b) { return a.split > b.split; });
    return clips;
}

} // namespace livegloss::dataset
