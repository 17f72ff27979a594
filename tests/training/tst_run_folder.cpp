#include "training/run_folder.h"
#include "training/run_history.h"

#include <QDir>
#include <QTemporaryDir>
#include <QTest>
#include <fstream>
#include <memory>

using namespace livegloss;
using namespace livegloss::training;
namespace fs = std::filesystem;

/// What a run leaves in its folder, and what is read from there while it runs.
class TestRunFolder : public QObject {
    Q_OBJECT

private slots:
    void init() {
        folder_ = std::make_unique<QTemporaryDir>();
        path_ = folder_->path().toStdString();
    }

    void recordsComeBack() {
        QCOMPARE(readRunRecord(path_).error().code, ErrorCode::NotFound);
        RunRecord record{"/a b/recipe.json", "/data/\xC3\xA4", "adapt", 7, 3, true};
        QVERIFY(writeRunRecord(path_, record));
        const RunRecord read = readRunRecord(path_).value();
        QCOMPARE(read.recipe, record.recipe);
        QCOMPARE(read.data, record.data);
        QCOMPARE(read.stage, record.stage);
        QCOMPARE(read.threads, 7);
        QCOMPARE(read.loaders, 3);
        QVERIFY(read.finished);
        write("run.json", R"({"recipe": "x", "data": 7})");
        const Error error = readRunRecord(path_).error();
        QCOMPARE(error.code, ErrorCode::Unreadable);
        QVERIFY(error.message.find("run.json") != std::string::npos);
    }

    void foldersSayWhatTheyHold() {
        using State = RunFolder::State;
        QCOMPARE(inspectRunFolder(path_ / "missing").state, State::Fresh);
        QCOMPARE(inspectRunFolder(path_).state, State::Fresh);
        write("recipe.json", "{}");
        QCOMPARE(inspectRunFolder(path_).state, State::Fresh);
        write("recipe-2.json", "{}"); // of a run that was refused before it began
        QCOMPARE(inspectRunFolder(path_).state, State::Fresh);
        write("recipe-old.json", "{}");
        QCOMPARE(inspectRunFolder(path_).state, State::Occupied);
        fs::remove(path_ / "recipe-old.json");
        write("holiday.jpg", "x");
        QCOMPARE(inspectRunFolder(path_).state, State::Occupied);
        QVERIFY(writeRunRecord(path_, {}));
        QCOMPARE(inspectRunFolder(path_).state, State::Unfinished);
        QVERIFY(!inspectRunFolder(path_).checkpoint && !inspectRunFolder(path_).model);
        write("adapt.safetensors", "x");
        write("model.safetensors", "x");
        QVERIFY(inspectRunFolder(path_).checkpoint && inspectRunFolder(path_).model);
        RunRecord finished;
        finished.finished = true;
        QVERIFY(writeRunRecord(path_, finished));
        QCOMPARE(inspectRunFolder(path_).state, State::Finished);
        fs::remove(path_ / "run.json"); // of a version that wrote none
        QCOMPARE(inspectRunFolder(path_).state, State::Unfinished);
    }

    /// Without a record, only the recipe that lies beside a checkpoint may go on from it.
    void checkpointsOfUnknownRunsNeedTheirRecipe() {
        const auto recipe = [](int batch) {
            return parseRecipe(R"({"adapt": {"batch": )" + std::to_string(batch) + "}}", "here").value();
        };
        QVERIFY(checkGoesOn(path_ / "missing", recipe(3)));
        write("recipe.json", R"({"adapt": {"batch": 2}})");
        QVERIFY(checkGoesOn(path_, recipe(3))); // nothing to go on from
        write("adapt.safetensors", "x");
        QCOMPARE(compareKeptRecipe(path_, recipe(2)), KeptRecipe::Same);
        QVERIFY(checkGoesOn(path_, recipe(2)));
        const auto other = checkGoesOn(path_, recipe(3));
        QVERIFY(!other && other.error().message.find("another recipe") != std::string::npos);
        QVERIFY(other.error().hint.find((path_ / "recipe.json").string()) != std::string::npos);
        for (const char* text : {"{", R"({"adapt": {"bach": 3}})"}) {
            write("recipe.json", text);
            const auto unknown = checkGoesOn(path_, recipe(3));
            QVERIFY(!unknown && unknown.error().message.find("nothing says") != std::string::npos);
        }
        fs::remove(path_ / "recipe.json");
        QVERIFY(!checkGoesOn(path_, recipe(3)));
        QVERIFY(writeRunRecord(path_, {}));
        QVERIFY(checkGoesOn(path_, recipe(3)));
        write("run.json", "{");
        QVERIFY(!checkGoesOn(path_, recipe(3)));
    }

    void oneProcessTrainsInAFolder() {
        QVERIFY(!inspectRunFolder(path_).trainedBy);
        {
            const auto lock = RunLock::take(path_);
            QVERIFY(lock.has_value());
            QCOMPARE(inspectRunFolder(path_).trainedBy.value(), static_cast<long>(QCoreApplication::applicationPid()));
            const auto second = RunLock::take(path_);
            QVERIFY(!second.has_value());
            const std::string pid = std::to_string(QCoreApplication::applicationPid());
            QVERIFY2(second.error().message.find(pid) != std::string::npos, second.error().message.c_str());
        }
        QVERIFY(!inspectRunFolder(path_).trainedBy);
        QVERIFY(RunLock::take(path_).has_value());
        QCOMPARE(RunLock::take(path_ / "missing").error().code, ErrorCode::WriteFailed);
    }

    void logsAreFollowed() {
        const fs::path log = path_ / "log.jsonl";
        RunHistory history(log);
        QVERIFY(!history.update());
        append(R"({"stage":"head","step":0,"loss":9.5})"
               "\n"
               R"({"stage":"adapt","step":0,"conv_ctc":4.0,"word":"x"})"
               "\n"
               R"({"stage":"adapt","step":5,"conv_)");
        QVERIFY(history.update());
        QCOMPARE(history.lastStep("adapt"), 0);
        append(R"(ctc":3.0})"
               "\n");
        QVERIFY(history.update());
        QVERIFY(!history.update());
        QCOMPARE(*history.find("adapt", "conv_ctc"), (StepValues{{0, 4.0}, {5, 3.0}}));
        QCOMPARE(history.stages(), (std::vector<std::string>{"head", "adapt"}));
        QVERIFY(history.find("adapt", "word") == nullptr && history.find("pretrain", "loss") == nullptr);
        QCOMPARE(history.lastStep("pretrain"), -1);
        // A resumed run logs again; lines that are none, and a step that is none, are passed over.
        append("half of a li\n"
               R"({"stage":"adapt","step":"six","conv_ctc":1.0})"
               "\n"
               R"({"stage":"adapt","step":5,"conv_ctc":2.5})"
               "\n");
        QVERIFY(history.update());
        QCOMPARE(*history.find("adapt", "conv_ctc"), (StepValues{{0, 4.0}, {5, 2.5}}));
        write("log.jsonl", R"({"stage":"adapt","step":1,"conv_ctc":7.0})"
                           "\n");
        QVERIFY(history.update());
        QCOMPARE(*history.find("adapt", "conv_ctc"), (StepValues{{1, 7.0}}));
        fs::remove(log);
        QVERIFY(history.update());
        QVERIFY(history.stages().empty());
    }

private:
    void write(const char* name, const std::string& text) const { std::ofstream(path_ / name) << text; }
    void append(const std::string& text) const { std::ofstream(path_ / "log.jsonl", std::ios::app) << text; }

    std::unique_ptr<QTemporaryDir> folder_;
    fs::path path_;
};

QTEST_GUILESS_MAIN(TestRunFolder)
#include "tst_run_folder.moc"
