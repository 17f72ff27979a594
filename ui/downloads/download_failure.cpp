#include "ui/downloads/download_failure.h"

namespace livegloss::downloads {

QString FailureText::title(Problem problem) {
    switch (problem) {
    case Problem::NoConnection:
        return tr("The server cannot be reached.");
    case Problem::Untrusted:
        return tr("The server could not prove who it is.");
    case Problem::Stalled:
        return tr("The server has stopped sending.");
    case Problem::CutOff:
        return tr("The connection broke off.");
    case Problem::NotFound:
        return tr("The file is no longer at its address.");
    case Problem::Refused:
        return tr("The server does not hand out the file.");
    case Problem::ServerFault:
        return tr("The server has a problem.");
    case Problem::WrongLength:
        return tr("The file on the server has another size than it should have. Nothing was installed.");
    case Problem::WrongChecksum:
        return tr("The file is not the one that was asked for: its checksum differs. Nothing was installed.");
    case Problem::UnsafeAddress:
        return tr("The address is not a secure one (https).");
    case Problem::UnsafeRedirect:
        return tr("The server sends us on to an address that is not secure.");
    case Problem::RedirectLoop:
        return tr("The server sends us round in circles.");
    case Problem::WebPage:
        return tr("A web page came instead of the file.");
    case Problem::DiskFull:
        return tr("There is not enough room on the disk.");
    case Problem::CannotWrite:
        return tr("The file cannot be written.");
    case Problem::NameTaken:
        return tr("Another file with the name of this model is in the folder of models.");
    case Problem::Busy:
        return tr("Another LiveGloss window is fetching models at the moment.");
    }
    return {};
}

QString FailureText::advice(Problem problem) {
    switch (problem) {
    case Problem::NoConnection:
        return tr("Check the network, then resume.");
    case Problem::Stalled:
    case Problem::CutOff:
        return tr("What has arrived is kept. Resume when the network is back.");
    case Problem::Refused:
    case Problem::ServerFault:
        return tr("Try again later.");
    case Problem::DiskFull:
        return tr("Make room, then resume.");
    case Problem::CannotWrite:
        return tr("Check that the folder of models can be written to, then try again.");
    case Problem::WebPage:
        return tr("Perhaps this network wants you to log in first. Open a page in the browser, then resume.");
    case Problem::NameTaken:
        return tr("Give that file another name, then resume.");
    case Problem::Busy:
        return tr("Try again when it is done.");
    case Problem::Untrusted:
        return tr("Check the date of this computer and what stands between it and the network.");
    case Problem::NotFound:
    case Problem::WrongLength:
    case Problem::WrongChecksum:
    case Problem::UnsafeAddress:
    case Problem::UnsafeRedirect:
    case Problem::RedirectLoop:
        return tr("Look at the source page for news, or try again later.");
    }
    return {};
}

} // namespace livegloss::downloads
