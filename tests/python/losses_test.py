"""segtrain.losses against reference tensors, plain PyTorch and finite differences."""
import math

import pytest
import torch
from conftest import Plain, batch, difference, value_and_gradient
from golden import golden

from segtrain import losses

CLASSES = 5
WEIGHT = [1.0, 0.5, 2.0, 4.0, 0.25]
# name: the loss of (num_classes, **options), and the same in plain PyTorch
CASES = {
    "weighted_cross_entropy": (
        lambda classes, **options: losses.WeightedCrossEntropy(classes, WEIGHT, **options),
        lambda plain: plain.cross_entropy(torch.tensor(WEIGHT), by_weights=True),
    ),
    "recall": (losses.RecallLoss, Plain.recall),
    "soft_iou": (losses.SoftIoULoss, Plain.soft_iou),
    "iou_gap": (losses.IouGapLoss, Plain.iou_gap),
}


@pytest.mark.parametrize("name", ["recall_balanced", "recall_skewed", "recall_absent_classes", "recall_perfect_class"])
def test_recall_loss_is_the_published_one(name):
    file = golden(name)
    value, gradient = value_and_gradient(losses.RecallLoss(file["logits"].shape[1]), file["logits"], file["labels"])
    assert difference(value, file["loss"]) < 1e-6
    assert difference(gradient, file["grad"]) < 1e-6


def test_cross_entropy_is_pytorchs():
    file = golden("ce_ignore")
    for weight, value_name, gradient_name in ((None, "ce_mean", "ce_grad"), (file["weights"], "weighted_mean", "weighted_grad")):
        value, gradient = value_and_gradient(losses.WeightedCrossEntropy(7, weight), file["logits"], file["labels"])
        assert difference(value, file[value_name]) < 1e-6
        assert difference(gradient, file[gradient_name]) < 1e-6


@pytest.mark.parametrize("name, align_corners", [("upsample_ce_half_pixel", False), ("upsample_ce_align_corners", True)])
def test_logits_are_up_sampled(name, align_corners):
    file = golden(name)
    value, gradient = value_and_gradient(losses.WeightedCrossEntropy(6, align_corners=align_corners), file["logits"], file["labels"])
    assert difference(value, file["loss"]) < 1e-6
    assert difference(gradient, file["grad"]) < 1e-6


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("align_corners", [False, True])
@pytest.mark.parametrize("stride", [1, 4])
def test_equals_plain_pytorch(name, align_corners, stride):
    make, plain = CASES[name]
    logits, labels = batch(CLASSES, stride=stride)
    loss = make(CLASSES, align_corners=align_corners)
    expected, expected_gradient = value_and_gradient(lambda x, y: plain(Plain(x, y, align_corners=align_corners)), logits, labels)
    for given in (labels, labels.to(torch.uint8), labels.to(torch.int32)):
        value, gradient = value_and_gradient(loss, logits, given)
        assert difference(value, expected) < 1e-6
        assert difference(gradient, expected_gradient) < 1e-5


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("ignore_index", [-100, -1, 254, 0])
def test_any_label_can_be_the_ignored_one(name, ignore_index):
    make, plain = CASES[name]
    logits, labels = batch(CLASSES, ignore_index=ignore_index)
    value, _ = value_and_gradient(make(CLASSES, ignore_index=ignore_index), logits, labels)
    assert difference(value, plain(Plain(logits, labels, ignore_index))) < 1e-6


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("dtype, tolerance", [(torch.bfloat16, 1e-2), (torch.float16, 1e-3)])
def test_short_floats(name, dtype, tolerance):
    """The loss is that of the rounded logits in float32; only the gradient is rounded again."""
    make, plain = CASES[name]
    logits, labels = batch(CLASSES, dtype=dtype)
    value, gradient = value_and_gradient(make(CLASSES), logits, labels)
    expected, expected_gradient = value_and_gradient(lambda x, y: plain(Plain(x, y)), logits.float(), labels)
    assert value.dtype == torch.float32 and gradient.dtype == dtype
    assert difference(value, expected) < 1e-6
    assert difference(gradient, expected_gradient) < tolerance


@pytest.mark.parametrize("name", CASES)
def test_gradient_in_float64_is_the_finite_difference(name):
    """Float64 takes the reference in plain ATen operations, so this is no proof of the kernel."""
    logits, labels = batch(CLASSES, dtype=torch.float64, size=(7, 9))
    loss = CASES[name][0](CLASSES)
    assert torch.autograd.gradcheck(lambda x: loss(x, labels), (logits.requires_grad_(),))


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("classes, size", [(2, (1, 1)), (19, (65, 70)), (254, (20, 17))])
def test_kernel_equals_the_float64_reference(name, classes, size):
    if name == "weighted_cross_entropy":
        loss = losses.WeightedCrossEntropy(classes, torch.linspace(0.1, 3, classes))
    else:
        loss = CASES[name][0](classes)
    logits, labels = batch(classes, size=size, stride=8)
    expected, expected_gradient = value_and_gradient(loss, logits.double(), labels)
    value, gradient = value_and_gradient(loss, logits, labels)
    assert difference(value, expected) < 1e-5
    assert difference(gradient, expected_gradient) < 1e-4


@pytest.mark.parametrize("name", CASES)
def test_no_labelled_pixel_gives_zero(name):
    logits, labels = batch(CLASSES)
    value, gradient = value_and_gradient(CASES[name][0](CLASSES), logits, torch.full_like(labels, 255))
    assert value == 0 and not gradient.any()


def test_recall_loss_is_small_for_what_is_found():
    logits, labels = batch(2, images=1)
    labels[labels != 255] = 0
    logits[:, 0] = 50
    assert losses.RecallLoss(2, smoothing="none")(logits, labels) == 0
    assert losses.RecallLoss(2, smoothing="none", floor=0.5)(logits, labels) == losses.WeightedCrossEntropy(2)(logits, labels) / 2


@pytest.mark.parametrize("kind", [losses.RecallLoss, losses.IouGapLoss])
def test_smoothed_scores_go_on_from_a_state(kind):
    batches = [batch(CLASSES, seed=seed) for seed in range(4)]
    whole, first, second = (kind(CLASSES, momentum=0.9) for _ in range(3))
    expected = [whole(*one) for one in batches]
    for one in batches[:2]:
        first(*one)
    second.load_state_dict(first.state_dict())
    with torch.no_grad():
        second(*batches[0])  # validation changes no state
    assert [second(*one) for one in batches[2:]] == expected[2:]
    assert expected[2] != kind(CLASSES)(*batches[2])


def test_smoothing_starts_with_the_first_value_of_a_class():
    rates = losses.RecallLoss(3, momentum=0.9).error_rates
    rates._smoothed(torch.tensor([0.5, 0.2, 0.0]).double(), torch.tensor([True, True, False]))
    weights = rates._smoothed(torch.tensor([1.0, 0.0, 0.3]).double(), torch.tensor([True, False, True]))
    assert torch.allclose(weights, torch.tensor([0.55, 0.2, 0.3]).double())


@pytest.mark.parametrize(
    "scheme, pixels, of_images, expected",
    [
        ("inverse_frequency", [60, 30, 0, 10], None, [100 / 240, 100 / 120, 1, 2.5]),
        ("median_frequency", [60, 30, 0, 10], [100, 50, 0, 20], [1, 1, 1, 1.2]),
        ("median_frequency", [2, 4], [10, 10], [1.5, 0.75]),
        ("effective_number", [1, 3], None, [74 / 53, 32 / 53]),
        ("enet", [60, 30, 0, 10], None, [1 / math.log(1.62), 1 / math.log(1.32), 1, 1 / math.log(1.12)]),
        *((scheme, [0, 0], [0, 0], [1, 1]) for scheme in losses.SCHEMES),
    ],
)
def test_class_weights_by_hand(scheme, pixels, of_images, expected):
    """The numbers of tests/losses/class_weighting_test.cpp."""
    assert losses.class_weights(scheme, pixels, of_images).tolist() == pytest.approx(expected, rel=1e-12)


def test_mistakes_have_one_clear_line():
    logits, labels = batch(CLASSES)
    loss = losses.IouGapLoss(CLASSES)
    with pytest.raises(ValueError, match=r"logits must be floating point \[N,5,h,w\], not torch.float32 \(2, 4, 6, 9\)"):
        loss(logits[:, :4], labels)
    with pytest.raises(ValueError, match=r"labels must be integers \[2,H,W\], not torch.int64 \(1, 23, 34\)"):
        loss(logits, labels[:1])
    with pytest.raises(ValueError, match="labels must be 0 to 4 or 255, but 1 are 7 to 7"):
        loss(logits, labels.masked_fill(torch.arange(labels.numel()).view(labels.shape) == 3, 7))
    with pytest.raises(RuntimeError, match="label 7 in a batch of 5 classes"):
        loss(logits, labels.to(torch.uint8).masked_fill(torch.arange(labels.numel()).view(labels.shape) == 3, 7))
    with pytest.raises(ValueError, match="num_classes must be 1 to 254, not 255"):
        losses.RecallLoss(255)
    with pytest.raises(ValueError, match=r"weight must have the shape \[3\], not \[2\]"):
        losses.WeightedCrossEntropy(3, [1, 2])
    with pytest.raises(ValueError, match="there is no smoothing 'some'; it is published or none"):
        losses.RecallLoss(3, smoothing="some")
    with pytest.raises(ValueError, match="median_frequency needs pixels_of_images"):
        losses.class_weights("median_frequency", [1, 2])
