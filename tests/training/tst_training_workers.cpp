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

/// What each process does: a few steps of training.
int runWorker() {
    auto json = nlohmann::json::parse(tinyRecipe);
    json["pretrain"]["steps"] = 0;
    json["head"]["clips"] = 0;
    json["adapt"] = {{"epochs", 3},
                     {"batch", qEnvironmentVariableIntValue(batchVariable)},
                     {"weight_decay", 0},
                     {"rate", {{"rate", 3e-3}}}};
    const auto outcome = train(parseRecipe(json.dump(), "here").value(), SquareSource(8),
                               optionsFor(qEnvironmentVariable(folderVariable)));
    if (!outcome) {
        std::fprintf(stderr, "%s\n", outcome.error().message.c_str());
        return 1;
    }
    return outcome->finished ? 0 : 2;
}

class Workers {
public:
    Workers(const QString& folder, int count, int batch) {
        QTcpServer server;
        server.listen(QHostAddress::LocalHost); // a port that is free
        const QString port = QString::number(server.serverPort());
        server.close();
        for (int rank = 0; rank < count; ++rank) {
            auto process = std::make_unique<QProcess>();
            QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
            environment.insert(folderVariable, folder);
            environment.insert(batchVariable, QString::number(batch));
            environment.insert("WORLD_SIZE", QString::number(count));
            environment.insert("RANK", QString::number(rank));
            environment.insert("MASTER_ADDR", "127.0.0.1");
            environment.insert("MASTER_PORT", port);
            process->setProcessEnvironment(environment);
            process->setProcessChannelMode(QProcess::ForwardedChannels);
            process->start(QCoreApplication::applicationFilePath(), {});
            processes_.push_back(std::move(process));
        }
    }
    bool succeeded() {
        bool good = true;
        for (const auto& process : processes_) {
            good = process->waitForFinished(100'000) && process->exitCode() == 0 && good;
        }
        return good;
    }

private:
    std::vector<std::unique_ptr<QProcess>> processes_;
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
