#pragma once

#include "model/model_config.h"
#include "tensorfile/tensor_types.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace livegloss::model {

/// What a tensor of a model belongs to.
enum class ModelPart { Backbone, Adapters, Prefixes, Aggregation, CrossFrame, FrameFeature, TemporalHead };
/// For people: "Backbone", "Adapters", ...
std::string_view partName(ModelPart part);

struct LayoutTensor {
    std::string name; ///< as in a released checkpoint
    tensorfile::Shape shape;
    ModelPart part = ModelPart::Backbone;
    bool statistic = false; ///< kept by a batch norm, not a parameter
};

/// The classifier is one weight; files hold it under either name or under both.
inline const std::string classifierName = "conv1d.fc.weight";
inline const std::string secondClassifierName = "classifier.weight";

/// Every tensor that a model file of these sizes holds, once each (the classifier as conv1d.fc.weight).
std::vector<LayoutTensor> modelLayout(const ModelConfig& config, int adapterWidth);
/// Compares a file's names and shapes with the layout of a model of these sizes; Unsupported with the first tensor that
/// is not there or has another shape.
Result<void> checkModelLayout(const ShapeTable& table, const ModelConfig& config, int adapterWidth);
/// Whether a file that holds only CLIP's image tower has this tensor: the backbone, its last norm and projection.
bool inBackboneFile(const LayoutTensor& tensor);
/// Whether the tensor of this name belongs to a module that the model does not have; files leave it out.
bool inAbsentModule(const ModelConfig& config, std::string_view name);
/// The released freeze rule: whether training changes the tensor of this name (`query` stays as it is).
bool trainedByReleasedRule(std::string_view name);

struct PartCost {
    ModelPart part = ModelPart::Backbone;
    std::int64_t parameters = 0;
    std::int64_t trained = 0;          ///< of them, by the released rule
    double multiplicationsAsDrawn = 0; ///< per frame, multiply-accumulates of every formula as the paper writes it
    double multiplicationsFused = 0;   ///< per frame, with what never changes between frames computed once
};

/// Parameters and computation of each part, in the order of ModelPart. Counted are the multiplications of matrix
/// products, of convolutions and of attention (scores and averages); not norms, activations and sums. "Fused" leaves
/// out what a stream needs only once (projections of the prefixes) and moves the aggregation's one query to the other
/// side of its key and value projections. The temporal head is counted for a whole clip, spread over its frames.
std::vector<PartCost> partCosts(const ModelConfig& config, int adapterWidth);

/// Multiplications of adapters, prefixes, aggregation and cross-frame attention over those of the backbone.
double addedComputation(const std::vector<PartCost>& costs, double PartCost::*kind);
/// Inner width of the adapters by their weights; 0 where there are none.
int adapterWidthOf(const ShapeTable& table);

} // namespace livegloss::model
