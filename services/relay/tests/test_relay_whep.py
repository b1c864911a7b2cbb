"""A real viewer over loopback UDP: pictures from the bus."""

from typing import TYPE_CHECKING

from huiyan_testing.media_publisher import MediaPublisher
from huiyan_testing.whep_viewer import watch

if TYPE_CHECKING:
    from conftest import Harness


async def test_first_picture(harness: "Harness", camera: MediaPublisher) -> None:
    token = harness.signer.token(camera.camera)
    result = await watch(harness.whep(camera.camera), token, 2.0)
    print(result)
    assert result.first_frame_ms is not None
    assert result.frames >= 45
    assert result.lost == 0
