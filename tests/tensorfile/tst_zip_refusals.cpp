#include "model_files.h"
#include "refusal_check.h"

#include <QtTest>
#include <functional>

using namespace livegloss;
using namespace livegloss::testfiles;

namespace {

using Change = std::function<void(std::vector<ZipItem>&, ZipParts&)>;

/// An archive with one change to its entries or end records. Entries: data.pkl, data/0, version.
void archive(const Row& row, const char* name, const Change& change, const char* message) {
    auto items = torchItems(pickle(tensor({})), {{"0", fourFloats()}});
    ZipParts parts;
    change(items, parts);
    row(name, zip(items, parts), message);
}

void addEntries(const Row& row) {
    const auto items = [&row](const char* name, const std::function<void(std::vector<ZipItem>&)>& change,
                              const char* message) {
        archive(
            row, name, [&change](auto& all, auto&) { change(all); }, message);
    };
    using Items = std::vector<ZipItem>;
    items(
        "no data.pkl", [](Items& all) { all.erase(all.begin()); }, "holds no data.pkl");
    items(
        "no version", [](Items& all) { all.pop_back(); }, "'archive/version' is missing");
    items(
        "no storage", [](Items& all) { all.erase(all.begin() + 1); }, "'archive/data/0'");
    items(
        "version is a word", [](Items& all) { all[2].data = "new\n"; }, "'new' is not a number");
    items(
        "version is empty", [](Items& all) { all[2].data = ""; }, "'' is not a number");
    items(
        "version 99", [](Items& all) { all[2].data = "99\n"; }, "99 is newer");
    items(
        "version of 1000 letters", [](Items& all) { all[2].data = std::string(1000, '3'); }, "1000 bytes");
    items(
        "big-endian",
        [](Items& all) {
            all.push_back({"archive/byteorder", "big"});
        },
        "byte order 'big'");
    items(
        "unknown byte order",
        [](Items& all) {
            all.push_back({"archive/byteorder", "middle"});
        },
        "'middle'");
    items(
        "entry twice", [](Items& all) { all.push_back(all[1]); }, "'archive/data/0' twice");
    items(
        "two data.pkl",
        [](Items& all) {
            all.push_back({"other/data.pkl", all[0].data});
        },
        "could hold the model");
    items(
        "entry that leads out",
        [](Items& all) {
            all.push_back({"archive/../../x", "1"});
        },
        "leads out");
    items(
        "entry named ..",
        [](Items& all) {
            all.push_back({"..", "1"});
        },
        "leads out");
    items(
        "absolute entry",
        [](Items& all) {
            all.push_back({"/etc/passwd", "1"});
        },
        "absolute");
    items(
        "entry with a drive",
        [](Items& all) {
            all.push_back({"C:x", "1"});
        },
        "absolute");
    items(
        "entry with a backslash",
        [](Items& all) {
            all.push_back({"archive\\x", "1"});
        },
        "foreign path");
    items(
        "entry with NUL",
        [](Items& all) {
            all.push_back({std::string("archive/x\0y", 11), "1"});
        },
        "NUL");
    items(
        "entry without a name",
        [](Items& all) {
            all.push_back({"", "1"});
        },
        "no name");
    items(
        "entry name not UTF-8",
        [](Items& all) {
            all.push_back({"archive/\xFF", "1"});
        },
        "not UTF-8");
    items(
        "encrypted entry", [](Items& all) { all[1].flags = 1; }, "is encrypted");
    items(
        "strongly encrypted entry", [](Items& all) { all[1].flags = 64; }, "is encrypted");
    items(
        "patch entry", [](Items& all) { all[1].flags = 32; }, "compressed by method");
    items(
        "bzip2 entry", [](Items& all) { all[1].method = 12; }, "compressed by method 12");
    items(
        "LZMA entry", [](Items& all) { all[1].method = 14; }, "compressed by method 14");
    items(
        "wrong checksum of the pickle", [](Items& all) { all[0].checksum = 1; },
        "checksum of the zip entry 'archive/data.pkl'");
    items(
        "wrong checksum of a storage", [](Items& all) { all[1].checksum = 1; },
        "checksum of the zip entry 'archive/data/0'");
    items(
        "wrong checksum of the version", [](Items& all) { all[2].checksum = 1; },
        "checksum of the zip entry 'archive/version'");
    items(
        "local name differs", [](Items& all) { all[1].localName = "archive/data/1"; }, "contradict each other");
    items(
        "local name longer", [](Items& all) { all[1].localName = "archive/data/0x"; }, "contradict each other");
    items(
        "stored size differs", [](Items& all) { all[1].size = 17; }, "claims 17");
    items(
        "entry beyond the directory", [](Items& all) { all[1].offset = 100000; }, "offset 100000");
    items(
        "entry at the wrong place", [](Items& all) { all[1].offset = 1; }, "no header at offset 1");
    items(
        "two entries at one place",
        [](Items& all) {
            all.push_back(all[1]);
            all[3].name = "archive/data/1";
            all[3].localName = "archive/data/0";
            all[3].offset = 0;
        },
        "contradict each other");
    items(
        "overlapping entries",
        [](Items& all) {
            // The first entry's data is itself an entry.
            const std::string inner = zip({{"archive/inner", "12"}});
            all.push_back({"archive/outer", inner.substr(0, 45)});
            std::uint32_t place = 0;
            for (const ZipItem& item : all) {
                place += static_cast<std::uint32_t>(30 + item.name.size() +
                                                    (item.name == "archive/outer" ? 0 : item.data.size()));
            }
            all.push_back({"archive/inner", "12"});
            all.back().offset = place;
        },
        "overlap");
    items(
        "same entry under two names",
        [](Items& all) {
            all.push_back({"archive/data/0", ""});
            all[3].offset = static_cast<std::uint32_t>(30 + all[0].name.size() + all[0].data.size());
        },
        "contradict each other");
    items(
        "torch.package",
        [](Items& all) {
            all.push_back({"archive/.data/extern_modules", "sys"});
        },
        "torch.package");
}

void addCompression(const Row& row) {
    const auto packed = [&row](const char* name, const std::function<void(ZipItem&)>& change, const char* message) {
        archive(
            row, name,
            [&change](auto& all, auto&) {
                all[1].deflated = true;
                change(all[1]);
            },
            message);
    };
    packed(
        "deflated with a wrong checksum", [](ZipItem& item) { item.checksum = 1; }, "checksum");
    packed(
        "deflated, unpacks to more",
        [](ZipItem& item) {
            item.data += "12345678";
            item.size = 16;
        },
        "to more than");
    packed(
        "deflated, unpacks to less",
        [](ZipItem& item) {
            item.data.resize(8);
            item.size = 16;
        },
        "to less than");
    packed(
        "deflated, cut short",
        [](ZipItem& item) {
            item.data = std::string(200, 'x') + fourFloats();
            item.stored = 3;
            item.size = 16;
        },
        "");
    packed(
        "not really deflated",
        [](ZipItem& item) {
            item.deflated = false;
            item.method = 8;
        },
        "damaged");
    const std::string zeros(16 << 20, '\0');
    archive(
        row, "bomb in data.pkl",
        [&](auto& all, auto&) {
            all[0].deflated = true;
            all[0].data = zeros;
        },
        "would grow from");
    packed(
        "bomb in a storage", [&](ZipItem& item) { item.data = zeros; }, "would grow from");
    archive(
        row, "bomb in another entry",
        [&](auto& all, auto&) {
            all.push_back({"archive/x", zeros, true});
        },
        "would grow from");
    packed(
        "bomb with a harmless size",
        [&](ZipItem& item) {
            item.data = zeros;
            item.size = 16;
        },
        "to more than");
    archive(
        row, "pickle of 65 MiB", [&](auto& all, auto&) { all[0].data = std::string(65 << 20, 'N'); },
        "more than any real pickle");
}

void addEnds(const Row& row) {
    const auto ends = [&row](const char* name, const std::function<void(ZipParts&)>& change, const char* message) {
        archive(
            row, name, [&change](auto&, auto& parts) { change(parts); }, message);
    };
    ends(
        "directory offset wrong", [](ZipParts& parts) { parts.directoryOffset = 5; }, "is said to lie at offset 5");
    ends(
        "directory offset past the end", [](ZipParts& parts) { parts.directoryOffset = 0x7FFFFFFF; }, "is said to lie");
    ends(
        "directory size wrong", [](ZipParts& parts) { parts.directorySize = 10; }, "is said to lie");
    ends(
        "directory size past the start", [](ZipParts& parts) { parts.directorySize = 0x7FFFFFFF; }, "is said to lie");
    ends(
        "more entries announced", [](ZipParts& parts) { parts.entries = 4; }, "");
    ends(
        "fewer entries announced", [](ZipParts& parts) { parts.entries = 2; }, "holds more");
    ends(
        "65534 entries announced", [](ZipParts& parts) { parts.entries = 65534; }, "65534 entries");
    ends(
        "split archive", [](ZipParts& parts) { parts.disk = 3; }, "split over several files");
    ends(
        "wide end contradicts the narrow one",
        [](ZipParts& parts) {
            parts.wide = true;
            parts.entries = 2;
        },
        "contradict");
    const std::string good = torchZip(pickle(tensor({})));
    row("cut in the middle", good.substr(0, good.size() / 2), "cut off");
    row("cut by one byte", good.substr(0, good.size() - 1), "cut off");
    row("only the first four bytes", good.substr(0, 4), "cut off");
    row("bytes after the end", good + "x", "cut off");
    row("half of it twice", good.substr(0, 300) + good, "");
    std::string damaged = good;
    damaged[damaged.size() - 22 - 60] ^= 0x55;
    row("damaged directory", damaged, "");
    damaged = good;
    damaged[0x1C] ^= 0x55;
    row("damaged first header", damaged, "");
    damaged = good;
    damaged[good.find(fourFloats()) + 5] ^= 1;
    row("one bit of a weight", damaged, "checksum");
    std::string wide = zip(torchItems(pickle(tensor({})), {{"0", fourFloats()}}), {"", true});
    wide[wide.size() - 22 - 20 + 8] ^= 1;
    row("wide end record elsewhere", wide, "belongs before offset");
}

} // namespace

/// PyTorch archives whose entries, compression or end records are wrong.
class TestZipRefusals : public QObject {
    Q_OBJECT

private slots:
    void refuses_data() {
        const Row row = rowAdder();
        addEntries(row);
        addCompression(row);
        addEnds(row);
    }

    void refuses() {
        QFETCH(QByteArray, contents);
        QFETCH(QString, message);
        const QString problem = refusalProblem(folder_, contents, message, openAndRead);
        QVERIFY2(problem.isEmpty(), qPrintable(problem));
    }

private:
    QTemporaryDir folder_;
};

QTEST_GUILESS_MAIN(TestZipRefusals)
#include "tst_zip_refusals.moc"
