"""The systems that the paper compares (Sensors 2020, 20, 5559, tables 3 and 10), in its order."""

from humpcat.training.vacnn.systems import PictureSystem

FULL = "VACNN + BOVW"

EXPORT = (
    PictureSystem(FULL, bovw=True),
    PictureSystem(f"{FULL}, pure", pretrained=False, bovw=True),
    PictureSystem("VACNN (CBAM) + BOVW", bovw=True, attention="cbam"),
    PictureSystem("VACNN"),
    PictureSystem("ResNet", backbone="resnet"),
    PictureSystem("MobileNet", backbone="mobilenet"),
    PictureSystem("Inception v3", backbone="inception"),
)
