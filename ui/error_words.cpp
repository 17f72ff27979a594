#include "ui/error_words.h"

#include <QCoreApplication>
#include <QStringList>

#include <algorithm>
#include <array>
#include <vector>

namespace livegloss::ui {

namespace {

/// An English sentence cut at its places.
struct Sentence {
    const char* english;
    QStringList parts; ///< what stands around the places; one more than there are places
    qsizetype letters; ///< in the parts
};

Sentence cut(const char* english) {
    const QString text = QString::fromUtf8(english);
    QStringList parts;
    qsizetype from = 0;
    for (int place = 1;; ++place) {
        const qsizetype at = text.indexOf(QLatin1Char('%') + QString::number(place), from);
        if (at < 0) {
            break;
        }
        parts.append(text.mid(from, at - from));
        from = at + 2;
    }
    parts.append(text.mid(from));
    return {english, parts, parts.join(QString()).size()};
}

/// The sentences, those that say most first: "%1 is empty" must not hide "it is empty".
std::vector<Sentence> cutAll(std::span<const char* const> sentences) {
    std::vector<Sentence> all;
    all.reserve(sentences.size());
    std::ranges::transform(sentences, std::back_inserter(all), cut);
    std::ranges::stable_sort(all, std::ranges::greater{}, &Sentence::letters);
    return all;
}

/// "the gloss of class 3", where a name was to stand: the sentence is another one with the same end.
bool isPartOfASentence(const QString& place) {
    return std::ranges::any_of(std::array{"the ", "it ", "a ", "an ", "there "},
                               [&](const char* word) { return place.startsWith(QLatin1String(word)); });
}

/// What stands in the sentence's places of `text`; none where it is another sentence.
std::optional<QStringList> placesIn(const QString& text, const Sentence& sentence) {
    const QString& head = sentence.parts.front();
    const QString& tail = sentence.parts.back();
    if (sentence.parts.size() == 1) {
        return text == head ? std::optional(QStringList()) : std::nullopt;
    }
    if (!text.startsWith(head) || !text.endsWith(tail)) {
        return std::nullopt;
    }
    const qsizetype end = text.size() - tail.size();
    qsizetype from = head.size();
    QStringList places;
    for (qsizetype i = 1; i < sentence.parts.size(); ++i) {
        const bool last = i == sentence.parts.size() - 1;
        const qsizetype at = last ? end : text.indexOf(sentence.parts[i], from + 1);
        if (at <= from || at > end) {
            return std::nullopt;
        }
        places.append(text.mid(from, at - from));
        from = at + sentence.parts[i].size();
    }
    if (head.isEmpty() && isPartOfASentence(places.front())) {
        return std::nullopt;
    }
    return places;
}

/// `german` with `places`; a place's own text may hold a per cent sign.
QString filled(const QString& translated, const QStringList& places) {
    QString text;
    for (qsizetype i = 0; i < translated.size(); ++i) {
        const int place =
            translated[i] == QLatin1Char('%') && i + 1 < translated.size() ? translated[i + 1].digitValue() : -1;
        if (place >= 1 && place <= places.size()) {
            text += places[place - 1];
            ++i;
        } else {
            text += translated[i];
        }
    }
    return text;
}

std::optional<QString> reasonInWindowLanguage(const QString& english) {
    for (const char* reason : errorReasons()) {
        if (english == QLatin1String(reason)) {
            return QCoreApplication::translate("ErrorFact", reason);
        }
    }
    return factInWindowLanguage(english);
}

std::optional<QString> translated(const QString& english, const std::vector<Sentence>& sentences, const char* context) {
    for (const Sentence& sentence : sentences) {
        if (auto places = placesIn(english, sentence)) {
            const QString words = QCoreApplication::translate(context, sentence.english);
            if (words == QString::fromUtf8(sentence.english)) {
                return std::nullopt;
            }
            const bool endsWithReason = sentence.parts.size() > 1 && sentence.parts.back().isEmpty() &&
                                        sentence.parts[sentence.parts.size() - 2].endsWith(QStringLiteral(": "));
            if (endsWithReason) {
                places->back() = reasonInWindowLanguage(places->back()).value_or(places->back());
            }
            return filled(words, *places);
        }
    }
    return std::nullopt;
}

/// Where `english` goes on after a beginning that stands before other sentences: "'FILE': ..." and "it is ...".
std::optional<QString> translatedAfter(const QString& english, qsizetype begin, const QString& newBegin) {
    const auto rest = factInWindowLanguage(english.mid(begin));
    return rest ? std::optional(newBegin + *rest) : std::nullopt;
}

} // namespace

std::optional<QString> factInWindowLanguage(const QString& english) {
    static const std::vector<Sentence> sentences = cutAll(errorFacts());
    const QString named = QStringLiteral("': ");
    if (const qsizetype at = english.indexOf(named); english.startsWith(QLatin1Char('\'')) && at > 0) {
        return translatedAfter(english, at + named.size(), english.left(at + named.size()));
    }
    if (auto known = translated(english, sentences, "ErrorFact")) {
        return known;
    }
    const QString kind = QStringLiteral("it is ");
    if (english.startsWith(kind)) {
        return translatedAfter(
            english, kind.size(),
            QCoreApplication::translate("ErrorFact", "it is ", "before \"a PDF document\" and the like"));
    }
    return std::nullopt;
}

std::optional<QString> hintInWindowLanguage(const QString& english) {
    static const std::vector<Sentence> sentences = cutAll(errorHints());
    return translated(english, sentences, "ErrorHint");
}

} // namespace livegloss::ui
