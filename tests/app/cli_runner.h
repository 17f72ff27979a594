#pragma once

#include <QByteArray>
#include <QCoreApplication>
#include <QDeadlineTimer>
#include <QDir>
#include <QFile>
#include <QProcess>
#include <QStringList>
#include <QTemporaryFile>
#include <QTest>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

/// What a run of livegloss-cli came to.
struct Outcome {
    int code = -1;
    QString out;
    QString err;
};

/// The process that runs the commands of a test, see cli_starter.cpp.
class CliStarter {
public:
    CliStarter() {
        QObject::connect(&process_, &QProcess::readyReadStandardError,
                         [this] { std::fputs(process_.readAllStandardError().constData(), stderr); });
        process_.start(QStringLiteral(LIVEGLOSS_CLI_STARTER), QStringList());
    }
    CliStarter(const CliStarter&) = delete;
    CliStarter& operator=(const CliStarter&) = delete;
    ~CliStarter() {
        process_.closeWriteChannel();
        process_.waitForFinished(5000);
    }

    Outcome run(const QStringList& arguments) {
        QTemporaryFile out;
        QTemporaryFile err;
        if (!out.open() || !err.open()) {
            return {-1, {}, QStringLiteral("no temporary file")};
        }
        nlohmann::json command{{"arguments", nlohmann::json::array()},
                               {"environment", nlohmann::json::object()},
                               {"folder", QDir::currentPath().toStdString()},
                               {"out", out.fileName().toStdString()},
                               {"err", err.fileName().toStdString()}};
        for (const QString& argument : arguments) {
            command["arguments"].push_back(argument.toStdString());
        }
        const QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        for (const QString& name : environment.keys()) {
            command["environment"][name.toStdString()] = environment.value(name).toStdString();
        }
        process_.write(QByteArray::fromStdString(command.dump()) + '\n');
        const QDeadlineTimer deadline(100000);
        while (!process_.canReadLine()) {
            if (!process_.waitForReadyRead(static_cast<int>(deadline.remainingTime()))) {
                process_.kill();
                return {-1, {}, QStringLiteral("no end within 100 s")};
            }
        }
        return {process_.readLine().trimmed().toInt(), QString::fromUtf8(out.readAll()),
                QString::fromUtf8(err.readAll())};
    }

private:
    QProcess process_;
};

inline Outcome runCli(const QStringList& arguments) {
    static std::unique_ptr<CliStarter> starter;
    if (!starter) {
        starter = std::make_unique<CliStarter>();
        qAddPostRoutine([] { starter.reset(); });
    }
    return starter->run(arguments);
}

/// Standard output as JSON; discarded where it is none.
inline nlohmann::json parsed(const QString& text) {
    return nlohmann::json::parse(text.toStdString(), nullptr, false);
}

inline void writeFile(const QString& path, const QByteArray& contents) {
    QFile file(path);
    QVERIFY(file.open(QIODevice::WriteOnly));
    QCOMPARE(file.write(contents), contents.size());
}
