#include "text_lines.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <set>

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

/// A line of corpus.txt: a number, then the words, or the sentence undivided.
struct Sentence {
    std::vector<std::string> glosses;
    std::string written; ///< the number as it stands there: "000007"
    int line = 0;
};

Result<std::map<int, Sentence>> readSentences(const fs::path& list) {
    std::map<int, Sentence> sentences;
    auto read = forEachLine(list, '\n', [&](const ListLine& line) -> Result<void> {
        std::vector<std::string> words = wordsOf(line.fields[0]);
        const auto number = wholeNumber(words.front());
        if (!number || words.size() < 2) {
            return line.wrong("expected the number of a sentence and its words");
        }
        std::string written = words.front();
        words.erase(words.begin());
        if (!sentences.emplace(*number, Sentence{std::move(words), std::move(written), line.number}).second) {
            return line.wrong("sentence " + std::to_string(*number) + " is listed twice");
        }
        return {};
    });
    if (!read) {
        return tl::unexpected(std::move(read.error()));
    }
    return sentences;
}

/// The words of dictionary.txt: a number, then a word, behind which others for the same sign may stand in brackets.
Result<std::set<std::string>> readDictionary(const fs::path& list) {
    std::set<std::string> known;
    auto read = forEachLine(list, '\n', [&](const ListLine& line) -> Result<void> {
        const std::vector<std::string> fields = wordsOf(line.fields[0]);
        if (fields.size() < 2 || !wholeNumber(fields.front())) {
            return line.wrong("expected the number of a word and the word");
        }
        std::string words;
        for (std::size_t i = 1; i < fields.size(); ++i) {
            words.append(i > 1 ? " " : "").append(fields[i]);
        }
        for (const std::string_view mark : {"（", "）", "、", "，", "(", ")", ","}) {
            for (std::size_t at = words.find(mark); at != std::string::npos; at = words.find(mark, at)) {
                std::fill_n(words.begin() + static_cast<std::ptrdiff_t>(at), mark.size(), ' ');
            }
        }
        for (std::string& word : wordsOf(words)) {
            known.insert(std::move(word));
        }
        return {};
    });
    return read ? Result<std::set<std::string>>(std::move(known)) : tl::unexpected(std::move(read.error()));
}

/// The known words that make up `text`; nothing where none do, or where it can be divided in several ways.
std::optional<std::vector<std::string>> divided(const std::string& text, const std::set<std::string>& known) {
    struct Place {
        int ways = 0; ///< to get there; 2: several
        std::size_t from = 0;
    };
    std::vector<Place> places(text.size() + 1);
    places[0].ways = 1;
    for (std::size_t from = 0; from < text.size(); ++from) {
        for (std::size_t to = from + 1; places[from].ways > 0 && to <= text.size(); ++to) {
            if (known.contains(text.substr(from, to - from))) {
                places[to] = {std::min(2, places[to].ways + places[from].ways), from};
            }
        }
    }
    if (places.back().ways != 1) {
        return std::nullopt;
    }
    std::vector<std::string> words;
    for (std::size_t to = text.size(); to > 0; to = places[to].from) {
        words.push_back(text.substr(places[to].from, to - places[to].from));
    }
    std::ranges::reverse(words);
    return words;
}

/// As shipped, sentences stand there without spaces between their glosses, and dictionary.txt says which there are.
Result<void> divideSentences(std::map<int, Sentence>& sentences, const fs::path& root) {
    const bool whole = !sentences.empty() && std::ranges::all_of(sentences, [](const auto& entry) {
        const Sentence& sentence = entry.second;
        return sentence.glosses.size() == 1 && static_cast<unsigned char>(sentence.glosses[0][0]) >= 0x80;
    });
    if (!whole) {
        return {};
    }
    constexpr const char* advice =
        "Use lists as published work makes them (train.txt and dev.txt with path|glosses), or "
        "put spaces between the glosses of corpus.txt.";
    const fs::path corpus = root / "corpus.txt";
    const fs::path dictionary = root / "dictionary.txt";
    if (std::error_code ignored; !fs::exists(dictionary, ignored)) {
        return failure(ErrorCode::Unreadable,
                       corpus.string() + " does not divide its sentences into glosses, and there is no dictionary.txt "
                                         "beside it that says which there are",
                       advice);
    }
    auto known = readDictionary(dictionary);
    if (!known) {
        return tl::unexpected(std::move(known.error()));
    }
    for (auto& [number, sentence] : sentences) {
        auto glosses = divided(sentence.glosses[0], *known);
        if (!glosses) {
            return failure(
                ErrorCode::Unreadable,
                corpus.string() + ", line " + std::to_string(sentence.line) + ": \"" + sentence.glosses[0] +
                    "\" is not divided into glosses, and the words of dictionary.txt do not divide it in one "
                    "way",
                advice);
        }
        sentence.glosses = std::move(*glosses);
    }
    return {};
}

/// Folders whose names are numbers, with however many zeros before them.
std::map<int, std::string> numberedFolders(const fs::path& home) {
    std::map<int, std::string> folders;
    std::error_code problem;
    for (fs::directory_iterator entry(home, problem); !problem && entry != fs::directory_iterator();
         entry.increment(problem)) {
        const std::string name = entry->path().filename().string();
        if (const auto number = wholeNumber(name)) {
            folders.emplace(*number, name);
        }
    }
    return folders;
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

/// "P01_s1_00_0_color" -> "P01"; a name of one part says nothing of a signer.
std::string signerIn(const std::string& name) {
    const std::size_t end = name.find('_');
    return end == std::string::npos ? std::string("unknown") : name.substr(0, end);
}

/// Whether the path says which sentence's folder it is in.
bool inSentence(const fs::path& listed) {
    return signerNumber(listed) || wholeNumber(listed.parent_path().filename().string());
}

/// Where a clip lies whose path was written on another machine: the longest end of it that is there, one to three
/// names long; where there is none, its usual place.
fs::path placeOf(const fs::path& root, const fs::path& listed) {
    std::error_code ignored;
    const fs::path one = listed.filename();
    const fs::path two = listed.parent_path().filename() / one;
    const fs::path three = listed.parent_path().parent_path().filename() / two;
    for (const fs::path& end : {three, two, one}) {
        for (const fs::path& home : {root / "color", root}) {
            if (*end.begin() != ".." && fs::exists(home / end, ignored)) {
                return home / end;
            }
        }
    }
    return inSentence(listed) ? root / "color" / two : root / one;
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
            std::error_code ignored;
            Clip clip;
            clip.id = (path.parent_path().filename() / path.filename()).generic_string();
            clip.split = split;
            clip.signer = signerIn(path.filename().string());
            clip.glosses = wordsOf(line.fields[1]);
            clip.media = placeOf(root, path);
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
    if (auto divided = divideSentences(*sentences, root); !divided) {
        return tl::unexpected(std::move(divided.error()));
    }
    const std::map<int, std::string> folders = numberedFolders(root / "color");
    std::vector<Clip> clips;
    for (const auto& [number, sentence] : *sentences) {
        const auto known = folders.find(number);
        const std::string folder = known == folders.end() ? sentence.written : known->second;
        Clip clip;
        clip.id = folder;
        clip.split = "train";
        clip.glosses = sentence.glosses;
        clip.media = root / "color" / folder;
        clip.fps = 30.0;
        clip.listedIn = corpus;
        clip.line = sentence.line;
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
