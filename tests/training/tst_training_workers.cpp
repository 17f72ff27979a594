#include "square_source.h"
#include "tensorfile/safetensors.h"

#include <QCoreApplication>
#include <QProcess>
#include <QTcpServer>
#include <QTemporaryDir>
#include <QtTest>
#include <cstdio>

using namespace livegloss;
using namespace livegloss::training;
using namespace livegloss::test;

namespace {

constexpr const char* folderVariable = "LIVEGLOSS_TEST_WORKER_FOLDER";
constexpr const char* batchVariable = "LIVEGLOSS_TEST_WORKER_BATCH";
constexpr const char* pollsVariable = "LIVEGLOSS_TEST_WORKER_POLLS"; ///< before it is to stop; 0: never
constexpr const char* headVariable = "LIVEGLOSS_TEST_WORKER_HEAD";   ///< clips of the head stage
constexpr const char* threadsVariable = "LIVEGLOSS_TEST_WORKER_THREADS";
constexpr const char* refusalVariable = "LIVEGLOSS_TEST_WORKER_REFUSAL"; ///< why the folder may not be entered
constexpr const char* startVariable = "LIVEGLOSS_TEST_WORKER_START";     ///< model to train on; empty: none
constexpr const char* methodVariable = "LIVEGLOSS_TEST_WORKER_METHOD";   ///< empty: the recipe's
constexpr const char* exchangeVariable = "LIVEGLOSS_TEST_WORKER_EXCHANGE";
constexpr int stoppedEarly = 2;

/// One process of a group.
struct Worker {
    QString folder;
    int batch = 2;
    int polls = 0;
    int head = 0;
    int threads = 2;
    QString refusal = {};
    QString start = {};
    Exchange exchange = Exchange::Auto;
    QString method = {};
};

/// What each process does: a few steps of training.
int runWorker() {
    auto json = nlohmann::json::parse(tinyRecipe);
    json["pretrain"]["steps"] = 0;
    json["head"] = {{"clips", qEnvironmentVariableIntValue(headVariable)}, {"steps", 21}, {"batch", 2}};
    json["adapt"] = {{"epochs", 3},
                     {"batch", qEnvironmentVariableIntValue(batchVariable)},
                     {"weight_decay", 0},
                     {"rate", {{"rate", 3e-3}}}};
    if (const QString start = qEnvironmentVariable(startVariable); !start.isEmpty()) {
        json.erase("model");
        json["start"] = start.toStdString();
    }
    if (const QString method = qEnvironmentVariable(methodVariable); !method.isEmpty()) {
        json["method"] = method.toStdString();
    }
    TrainOptions options = optionsFor(qEnvironmentVariable(folderVariable));
    options.threads = qEnvironmentVariableIntValue(threadsVariable);
    options.exchange = static_cast<Exchange>(qEnvironmentVariableIntValue(exchangeVariable));
    options.report = [](const std::string& line) { std::fprintf(stderr, "%s\n", line.c_str()); };
    const QString refusal = qEnvironmentVariable(refusalVariable);
    options.enter = [&]() -> Result<void> {
        return refusal.isEmpty() ? Result<void>() : failure(ErrorCode::NotFound, refusal.toStdString(), "Look there.");
    };
    const int most = qEnvironmentVariableIntValue(pollsVariable);
    int polls = 0;
    options.stopRequested = [&] { return most > 0 && ++polls > most; };
    const auto outcome = train(parseRecipe(json.dump(), "here").value(), SquareSource(8), options);
    if (!outcome) {
        const Error& error = outcome.error();
        std::fprintf(stderr, "%d: %s %s\n", static_cast<int>(error.code), error.message.c_str(), error.hint.c_str());
        return 1;
    }
    return outcome->finished ? 0 : stoppedEarly;
}

class Workers {
public:
    Workers(const QString& folder, int count, int batch) : Workers(QList<Worker>(count, {folder, batch})) {}
    explicit Workers(const QList<Worker>& workers) {
        const auto count = static_cast<int>(workers.size());
        QTcpServer server;
        server.listen(QHostAddress::LocalHost); // a port that is free
        const QString port = QString::number(server.serverPort());
        server.close();
        for (int rank = 0; rank < count; ++rank) {
            auto process = std::make_unique<QProcess>();
            QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
            const Worker& worker = workers.at(rank);
            environment.insert(folderVariable, worker.folder);
            environment.insert(batchVariable, QString::number(worker.batch));
            environment.insert(pollsVariable, QString::number(worker.polls));
            environment.insert(headVariable, QString::number(worker.head));
            environment.insert(threadsVariable, QString::number(worker.threads));
            environment.insert(refusalVariable, worker.refusal);
            environment.insert(startVariable, worker.start);
            environment.insert(exchangeVariable, QString::number(static_cast<int>(worker.exchange)));
            environment.insert(methodVariable, worker.method);
            environment.insert("WORLD_SIZE", QString::number(count));
            environment.insert("RANK", QString::number(rank));
            environment.insert("MASTER_ADDR", "127.0.0.1");
            environment.insert("MASTER_PORT", port);
            process->setProcessEnvironment(environment);
            process->setProcessChannelMode(QProcess::MergedChannels);
            process->start(QCoreApplication::applicationFilePath(), {});
            processes_.push_back(std::move(process));
        }
    }
    bool succeeded() { return ended(0); }
    /// Whether all end with `code`.
    bool ended(int code) {
        bool good = true;
        for (const auto& process : processes_) {
            good = process->waitForFinished(100'000) && process->exitCode() == code && good;
            output_ += process->readAll();
        }
        if (!good) {
            qInfo("%s", output_.constData());
        }
        return good;
    }
    const QByteArray& output() const { return output_; }

private:
    std::vector<std::unique_ptr<QProcess>> processes_;
    QByteArray output_;
};

std::vector<float> values(const QString& folder, const std::string& name) {
    return tensorfile::SafetensorsReader::open(folder.toStdString() + "/adapt.safetensors")
        .value()
        .readFloats(name)
        .value();
}

} // namespace

class TestTrainingWorkers : public QObject {
    Q_OBJECT

private slots:
    /// Two processes with batches of 2 do what one does with batches of 4, from the first gradients on.
    void twoProcessesEqualTwiceTheBatch() {
#ifndef LIVEGLOSS_WITH_GLOO
        QSKIP("this build has no gloo");
#endif
        QTemporaryDir one;
        QTemporaryDir two;
        QVERIFY(Workers(one.path(), 1, 4).succeeded());
        QVERIFY(Workers(two.path(), 2, 2).succeeded());
        const auto expected = losses(one.path());
        const auto actual = losses(two.path());
        QVERIFY(expected.size() >= 2);
        for (const auto& [key, value] : expected) {
            QVERIFY(actual.contains(key));
            QVERIFY2(std::abs(actual.at(key) - value) <= 1e-5 * std::abs(value),
                     qPrintable(QString("%1: %2, not %3").arg(key.second).arg(actual.at(key)).arg(value)));
        }
        // Adam's first moments are sums of the gradients of all steps.
        int compared = 0;
        const auto reader =
            tensorfile::SafetensorsReader::open(one.path().toStdString() + "/adapt.safetensors").value();
        for (const auto& info : reader.tensors()) {
            if (!info.name.starts_with("adam.m.")) {
                continue;
            }
            const std::vector<float> first = values(one.path(), info.name);
            const std::vector<float> second = values(two.path(), info.name);
            double difference = 0.0;
            double size = 0.0;
            for (std::size_t i = 0; i < first.size(); ++i) {
                difference += std::pow(static_cast<double>(first[i]) - static_cast<double>(second[i]), 2.0);
                size += std::pow(static_cast<double>(first[i]), 2.0);
            }
            // A sum over processes is rounded in another order; biases before a norm have gradients of noise alone.
            QVERIFY2(
                std::sqrt(difference) <= 1e-3 * std::sqrt(size) + 1e-5,
                qPrintable(
                    QString("%1: %2 of %3").arg(info.name.c_str()).arg(std::sqrt(difference)).arg(std::sqrt(size))));
            ++compared;
        }
        QVERIFY(compared > 20);
    }

    /// All begin with the model that is trained on, as one alone does.
    void groupsTrainAModelOn() {
#ifndef LIVEGLOSS_WITH_GLOO
        QSKIP("this build has no gloo");
#endif
        QTemporaryDir first;
        QTemporaryDir one;
        QTemporaryDir two;
        QVERIFY(Workers({{first.path()}}).succeeded());
        const QString start = first.filePath("model.safetensors");
        QVERIFY(Workers({{one.path(), 4, 0, 0, 2, {}, start}}).succeeded());
        const Worker half{two.path(), 2, 0, 0, 2, {}, start};
        QVERIFY(Workers({half, half}).succeeded());
        const auto expected = losses(one.path());
        const auto fresh = losses(first.path());
        for (const auto& [key, value] : losses(two.path())) {
            QVERIFY2(std::abs(expected.at(key) - value) <= 1e-4 * std::abs(value),
                     qPrintable(QString("%1: %2, not %3").arg(key.second).arg(value).arg(expected.at(key))));
        }
        QVERIFY(expected.begin()->second < 0.9 * fresh.begin()->second); // what was learnt is there
    }

    /// Work folders of their own: only the first process has the checkpoint, and the others go on from it.
    void onlyTheFirstNeedsTheCheckpoint() {
#ifndef LIVEGLOSS_WITH_GLOO
        QSKIP("this build has no gloo");
#endif
        QTemporaryDir whole;
        QTemporaryDir first;
        QTemporaryDir second;
        QVERIFY(Workers(whole.path(), 2, 2).succeeded());
        QVERIFY(Workers({{first.path(), 2, 3}, {second.path(), 2, 3}}).ended(stoppedEarly));
        QVERIFY(!QFile::exists(second.filePath("adapt.safetensors")));
        QVERIFY(Workers({{first.path()}, {second.path()}}).succeeded());
        compareLosses(whole.path(), first.path());
        Workers alone({{first.path()}});
        QVERIFY(alone.ended(1));
        QVERIFY2(alone.output().contains("was trained by 2 processes"), alone.output().constData());
    }

    /// The features of the head stage take as long as they take in each process; only the first one is asked to stop,
    /// and only it has features to go on from. The second one has another number of threads.
    void headStagesStayInStep() {
#ifndef LIVEGLOSS_WITH_GLOO
        QSKIP("this build has no gloo");
#endif
        QTemporaryDir whole;
        QTemporaryDir first;
        QTemporaryDir second;
        constexpr int clips = 9;
        QVERIFY(Workers({{whole.path(), 2, 0, clips}, {whole.path(), 2, 0, clips}}).succeeded());
        QVERIFY(Workers({{first.path(), 2, 2, clips, 1}, {second.path(), 2, 0, clips, 3}}).ended(stoppedEarly));
        QVERIFY(QFile::exists(first.filePath("head-features.safetensors")));
        QVERIFY(!QFile::exists(first.filePath("head.safetensors")));
        QVERIFY(!QFile::exists(second.filePath("head-features.safetensors")));
        QVERIFY(Workers({{first.path(), 2, 0, clips, 1}, {second.path(), 2, 0, clips, 3}}).succeeded());
        compareLosses(whole.path(), first.path());
        QVERIFY(losses(first.path()).contains({"head", 20}));
    }

    /// What only the first process can see is every process's reason to end.
    void refusalsOfTheFirstAreEveryones() {
#ifndef LIVEGLOSS_WITH_GLOO
        QSKIP("this build has no gloo");
#endif
        QTemporaryDir folder;
        const QString refusal = QStringLiteral("there is no checkpoint, not even in Köln.");
        Workers workers({{folder.path(), 2, 0, 0, 2, refusal}, {folder.path()}});
        QVERIFY(workers.ended(1));
        const QByteArray told =
            QByteArray::number(static_cast<int>(ErrorCode::NotFound)) + ": " + refusal.toUtf8() + " Look there.";
        QVERIFY2(workers.output().count(told) == 2, workers.output().constData());
        QVERIFY(!QFile::exists(folder.filePath("log.jsonl")));
    }

    /// Modules that are off leave empty tensors behind, of which there is nothing to share.
    void groupsTrainWithoutModules() {
#ifndef LIVEGLOSS_WITH_GLOO
        QSKIP("this build has no gloo");
#endif
        QTemporaryDir one;
        QTemporaryDir two;
        QVERIFY(Workers({{one.path(), 4, 0, 0, 2, {}, {}, Exchange::Auto, "freezing"}}).succeeded());
        const Worker half{two.path(), 2, 0, 0, 2, {}, {}, Exchange::Auto, "freezing"};
        QVERIFY(Workers({half, half}).succeeded());
        const auto expected = losses(one.path());
        for (const auto& [key, value] : losses(two.path())) {
            QVERIFY2(std::abs(expected.at(key) - value) <= 1e-4 * std::abs(value),
                     qPrintable(QString("%1: %2, not %3").arg(key.second).arg(value).arg(expected.at(key))));
        }
    }

    void differentRecipesAreRefused() {
#ifndef LIVEGLOSS_WITH_GLOO
        QSKIP("this build has no gloo");
#endif
        QTemporaryDir folder;
        Workers workers({{folder.path(), 2}, {folder.path(), 1}});
        QVERIFY(workers.ended(1));
        QVERIFY2(workers.output().count("different recipes") == 2, workers.output().constData());
    }

    /// Processes without cards: gloo, said once; nccl only where it can be had, and the same everywhere.
    void theWayToTalkIsAgreed() {
#ifndef LIVEGLOSS_WITH_GLOO
        QSKIP("this build has no gloo");
#endif
        const auto worker = [](const QTemporaryDir& folder, Exchange exchange) {
            return Worker{folder.path(), 2, 0, 0, 2, {}, {}, exchange};
        };
        QTemporaryDir folder;
        Workers good({worker(folder, Exchange::Auto), worker(folder, Exchange::Auto)});
        QVERIFY(good.succeeded());
        QVERIFY2(good.output().count("2 processes talk through gloo\n") == 1, good.output().constData());
        QTemporaryDir refused;
        Workers cardless({worker(refused, Exchange::Nccl), worker(refused, Exchange::Nccl)});
        QVERIFY(cardless.ended(1));
        QVERIFY2(cardless.output().count("process 0 trains on the processor") == 2, cardless.output().constData());
        Workers different({worker(refused, Exchange::Auto), worker(refused, Exchange::Gloo)});
        QVERIFY(different.ended(1));
        QVERIFY2(different.output().count("another --exchange") == 2, different.output().constData());
    }

    void wrongVariablesAreNamed() {
        qputenv("WORLD_SIZE", "2");
        qputenv("RANK", "2");
        QTemporaryDir folder;
        const auto outcome = train(parseRecipe(tinyRecipe, "here").value(), SquareSource(), optionsFor(folder.path()));
        qunsetenv("WORLD_SIZE");
        qunsetenv("RANK");
        QVERIFY(!outcome);
        QCOMPARE(outcome.error().code, ErrorCode::InvalidArgument);
        QVERIFY2(outcome.error().message.find("RANK is '2'") != std::string::npos, outcome.error().message.c_str());
    }

private:
    static void compareLosses(const QString& whole, const QString& pieces) {
        const auto expected = losses(whole);
        const auto actual = losses(pieces);
        QVERIFY(expected.contains({"adapt", 5}));
        for (const auto& [key, value] : expected) {
            QVERIFY(actual.contains(key));
            QVERIFY2(std::abs(actual.at(key) - value) <= 1e-5 * std::abs(value),
                     qPrintable(QString("%1: %2, not %3").arg(key.second).arg(actual.at(key)).arg(value)));
        }
    }
};

int main(int argc, char** argv) {
    if (qEnvironmentVariableIsSet(folderVariable)) {
        return runWorker();
    }
    QCoreApplication application(argc, argv);
    TestTrainingWorkers test;
    return QTest::qExec(&test, argc, argv);
}
#include "tst_training_workers.moc"
