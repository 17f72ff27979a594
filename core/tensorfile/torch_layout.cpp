#include "torch_layout.h"

#include "data_type.h"

#include <algorithm>
#include <limits>
#include <unordered_set>

namespace livegloss::tensorfile {
namespace {

constexpr std::uint64_t mostSteps = 1'000'000;
constexpr std::uint64_t mostExpanded = 1U << 24;
constexpr std::uint64_t mostSharing = 16;
constexpr std::uint64_t bytesPerRecord = 1024;

std::string fullName(const std::string& group, const std::string& key) {
    return group.empty() ? key : joined(group, "/", key);
}

/// How many elements a tensor has. Refuses one that is not wholly inside its storage.
std::uint64_t checkedExtent(const TorchTensor& tensor, const TorchStorage& storage) {
    const std::string subject = joined("tensor ", quotedName(tensor.name));
    std::uint64_t count = 1;
    std::uint64_t last = static_cast<std::uint64_t>(tensor.storageOffset);
    bool fits = true;
    for (std::size_t i = 0; i < tensor.shape.size(); ++i) {
        if (tensor.shape[i] < 0) {
            refuse(joined(subject, " has the negative size ", tensor.shape[i]));
        }
        if (tensor.strides[i] < 0) {
            refuse(joined(subject, " has the negative stride ", tensor.strides[i]));
        }
        const auto size = static_cast<std::uint64_t>(tensor.shape[i]);
        fits = fits && !__builtin_mul_overflow(count, size, &count);
    }
    constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max() / 8;
    if (std::ranges::find(tensor.shape, 0) != tensor.shape.end()) {
        return 0;
    }
    if (!fits || count > most) {
        refuse(joined(subject, " has the shape ", shapeText(tensor.shape), ", more than can be addressed"));
    }
    for (std::size_t i = 0; i < tensor.shape.size(); ++i) {
        std::uint64_t reach = 0;
        fits = fits &&
               !__builtin_mul_overflow(static_cast<std::uint64_t>(tensor.shape[i]) - 1,
                                       static_cast<std::uint64_t>(tensor.strides[i]), &reach) &&
               !__builtin_add_overflow(last, reach, &last);
    }
    if (!fits || last >= storage.elements) {
        refuse(joined(subject, " of shape ", shapeText(tensor.shape), " and strides ", shapeText(tensor.strides),
                      " from element ", tensor.storageOffset, " on reaches past its storage ",
                      quotedName(tensor.storage), " of ", storage.elements, " elements"));
    }
    return count;
}

class Describer {
public:
    Describer(const TorchNaming& naming, MemoryBudget& budget, TorchLayout& layout)
        : naming_(naming), budget_(budget), layout_(layout) {
        for (const TorchTensor& tensor : layout.tensors) {
            names_.insert(tensor.name);
        }
    }

    void top(const PickleValue& root) {
        switch (root.kind) {
        case PickleKind::Tensor:
            addTensor(root, naming_.group, "tensor");
            return;
        case PickleKind::Dict:
        case PickleKind::List:
        case PickleKind::Tuple:
            eachChild(root, {}, [this](const PickleValue& child, const std::string& key) {
                if (naming_.topIsGroup && isContainer(child)) {
                    walk(child, key, {});
                } else {
                    walk(child, naming_.group, key);
                }
            });
            return;
        case PickleKind::Object:
            walk(root, naming_.group, {});
            return;
        default:
            refuseUnsupported(joined("it holds ", kindText(root.kind), ", not tensors"),
                              "Choose the file that holds the model's weights.");
        }
    }

private:
    static bool isContainer(const PickleValue& value) {
        return value.kind == PickleKind::Dict || value.kind == PickleKind::List || value.kind == PickleKind::Tuple ||
               value.kind == PickleKind::Object;
    }

    void step() {
        if (++steps_ > mostSteps) {
            refuse("its values refer to each other more often than in any real file");
        }
    }

    /// The path of what lies at `key` below `path`. Shared values may be reached on many paths, which are all built.
    std::string below(const std::string& path, const std::string& key) {
        if (path.size() + key.size() > longestPickleName) {
            refuse(joined("a value's name has ", path.size() + key.size(), " bytes, more than any real one"));
        }
        budget_.take(path.size() + key.size());
        return path.empty() ? key : joined(path, ".", key);
    }

    template <class Visit>
    void eachChild(const PickleValue& value, const std::string& path, Visit visit) {
        if (value.kind != PickleKind::Dict) {
            for (std::size_t i = 0; i < value.items.size(); ++i) {
                step();
                visit(*value.items[i], below(path, std::to_string(i)));
            }
            return;
        }
        for (std::size_t i = 0; i + 1 < value.items.size(); i += 2) {
            step();
            std::string key;
            if (keyText(*value.items[i], key)) {
                visit(*value.items[i + 1], below(path, key));
            } else if (holdsTensors(*value.items[i + 1])) {
                refuse(joined("tensors lie under a key that is ", kindText(value.items[i]->kind), " in ",
                              path.empty() ? std::string("the top-level dictionary") : quotedName(path)));
            }
        }
    }

    bool holdsTensors(const PickleValue& value) {
        step();
        return value.kind == PickleKind::Tensor ||
               (isContainer(value) &&
                (std::ranges::any_of(value.items, [this](const PickleValue* item) { return holdsTensors(*item); }) ||
                 (value.kind == PickleKind::Object && value.state != nullptr && holdsTensors(*value.state))));
    }

    void walk(const PickleValue& value, const std::string& group, const std::string& path) {
        switch (value.kind) {
        case PickleKind::Tensor:
            addTensor(value, group, path);
            return;
        case PickleKind::Dict:
        case PickleKind::List:
        case PickleKind::Tuple: {
            // Texts and numbers of lists are milestones, random states and the like: of no use by their place.
            const bool outer = inList_;
            inList_ = inList_ || value.kind != PickleKind::Dict;
            eachChild(value, path, [this, &group](const PickleValue& child, const std::string& childPath) {
                walk(child, group, childPath);
            });
            inList_ = outer;
            return;
        }
        case PickleKind::Object:
            if (value.state != nullptr) {
                walk(*value.state, group, path);
            }
            return;
        default:
            if (!inList_) {
                addScalar(value, fullName(group, path));
            }
        }
    }

    void addScalar(const PickleValue& value, const std::string& name) {
        Scalar scalar;
        switch (value.kind) {
        case PickleKind::Bool:
            scalar = value.integer != 0;
            break;
        case PickleKind::Integer:
            scalar = value.integer;
            break;
        case PickleKind::Float:
            scalar = value.real;
            break;
        case PickleKind::Text:
            scalar = value.text;
            break;
        default:
            return;
        }
        budget_.take(bytesPerRecord + name.size() + value.text.size());
        layout_.scalars.emplace(name, std::move(scalar));
    }

    void addTensor(const PickleValue& value, const std::string& group, const std::string& key) {
        const PickleValue& described = *value.items[0];
        budget_.take(bytesPerRecord + 4 * (group.size() + key.size()) + described.text.size() + naming_.folder.size() +
                     16 * (value.items[1]->items.size() + value.items[2]->items.size()));
        TorchTensor tensor;
        tensor.name = fullName(group, key);
        tensor.group = group;
        tensor.key = key;
        tensor.type = described.type;
        tensor.shape = integersOf(*value.items[1], "a tensor's shape");
        tensor.strides = integersOf(*value.items[2], "a tensor's strides");
        tensor.storage = joined(naming_.folder, described.text);
        const std::string subject = joined("tensor ", quotedName(tensor.name));
        if (tensor.shape.size() != tensor.strides.size()) {
            refuse(
                joined(subject, " has ", tensor.shape.size(), " dimensions, but ", tensor.strides.size(), " strides"));
        }
        if (value.integer < 0 || value.integer > std::numeric_limits<std::int64_t>::max() / 16) {
            refuse(joined(subject, " begins at element ", value.integer, " of its storage"));
        }
        tensor.storageOffset = value.integer + described.extra;
        const TorchStorage storage{described.type, static_cast<std::uint64_t>(described.integer), 0, nullptr};
        const auto [known, isNew] = layout_.storages.emplace(tensor.storage, storage);
        if (!isNew && (known->second.type != storage.type || known->second.elements != storage.elements)) {
            refuse(joined("the storage ", quotedName(tensor.storage), " is described in two ways, by ", subject, " as ",
                          storage.elements, " x ", dataTypeName(storage.type)));
        }
        const std::uint64_t count = checkedExtent(tensor, storage);
        expanded_ += count > storage.elements ? count - storage.elements : 0;
        if (expanded_ > mostExpanded) {
            refuse(joined(subject, " makes ", count, " values of a storage of ", storage.elements,
                          "; with those before it, more are repeated than in any real file"));
        }
        if (!names_.insert(tensor.name).second) {
            refuse(joined("two tensors are named ", quotedName(tensor.name)));
        }
        layout_.tensors.push_back(std::move(tensor));
    }

    const TorchNaming& naming_;
    MemoryBudget& budget_;
    TorchLayout& layout_;
    std::unordered_set<std::string> names_;
    std::uint64_t steps_ = 0;
    std::uint64_t expanded_ = 0; ///< elements beyond those of the storages
    bool inList_ = false;
};

} // namespace

void describeTorchValues(const PickleValue& root, const TorchNaming& naming, MemoryBudget& budget,
                         TorchLayout& layout) {
    Describer(naming, budget, layout).top(root);
}

void checkSharing(const TorchLayout& layout) {
    std::uint64_t stored = 0;
    for (const auto& [key, storage] : layout.storages) {
        stored += storage.elements;
    }
    std::uint64_t read = 0;
    for (const TorchTensor& tensor : layout.tensors) {
        read += static_cast<std::uint64_t>(elementCount(tensor.shape));
        if (read > mostSharing * stored + mostExpanded) {
            refuse(joined("its tensors share the ", stored, " stored values more often than in any real file"));
        }
    }
}

} // namespace livegloss::tensorfile
