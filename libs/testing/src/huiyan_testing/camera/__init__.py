"""Camera simulator: an RTSP server whose cameras show drawn scenes, with scripted faults."""

from huiyan_testing.camera.annexb import VideoCodec, split_annexb
from huiyan_testing.camera.camera import Camera
from huiyan_testing.camera.demo_sites import DemoSite, demo_site, demo_sites
from huiyan_testing.camera.digest import Credential, DigestAlgorithm
from huiyan_testing.camera.farm import CameraFarm
from huiyan_testing.camera.fault import Fault, FaultKind, parse_fault
from huiyan_testing.camera.library import ClipLibrary
from huiyan_testing.camera.route import AudioCodec, StreamKey
from huiyan_testing.camera.sent_log import SentLog, SentUnit
from huiyan_testing.camera.stamp import Stamp, find_stamp, parse_stamp
from huiyan_testing.scenes.rendition import TrackName, VideoVariant

__all__ = [
    "AudioCodec",
    "Camera",
    "CameraFarm",
    "ClipLibrary",
    "Credential",
    "DemoSite",
    "DigestAlgorithm",
    "Fault",
    "FaultKind",
    "SentLog",
    "SentUnit",
    "Stamp",
    "StreamKey",
    "TrackName",
    "VideoCodec",
    "VideoVariant",
    "demo_site",
    "demo_sites",
    "find_stamp",
    "parse_fault",
    "parse_stamp",
    "split_annexb",
]
