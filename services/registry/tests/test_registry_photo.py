"""Photos of signs: what is kept of a JPEG, and no damaged or hostile bytes pass."""

import io

import pytest
from huiyan_kit.errors import HuiyanError
from huiyan_registry.camera.photo import clean_photo
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image


def picture(kind, **more):
    out = io.BytesIO()
    image = Image.linear_gradient("L").resize((64, 48)).convert("RGB")
    image.save(out, kind, **more)
    return out.getvalue()


def with_exif():
    exif = Image.Exif()
    exif[0x010F] = "canary-maker"
    return exif.tobytes()


@pytest.mark.parametrize("more", [{}, {"progressive": True}, {"quality": 95, "comment": b"canary"}])
def test_jpeg_loses_what_it_tells_and_keeps_every_pixel(more):
    given_bytes = picture("JPEG", exif=with_exif(), **more) + b"canary after the end"
    assert b"canary" in given_bytes
    photo = clean_photo(given_bytes)
    assert (photo.media_type, photo.width, photo.height) == ("image/jpeg", 64, 48)
    assert b"canary" not in photo.content and b"Exif" not in photo.content
    before, after = (Image.open(io.BytesIO(one)) for one in (given_bytes, photo.content))
    assert before.tobytes() == after.tobytes()


def test_png_of_a_real_encoder():
    given_bytes = picture("PNG", exif=with_exif())
    photo = clean_photo(given_bytes)
    assert (photo.width, photo.height) == (64, 48) and b"canary" not in photo.content
    same = Image.open(io.BytesIO(photo.content)).tobytes()
    assert same == Image.open(io.BytesIO(given_bytes)).tobytes()


@settings(max_examples=300, deadline=None)
@given(
    whole=st.sampled_from([picture("JPEG"), picture("PNG"), picture("JPEG", progressive=True)]),
    cut=st.integers(0, 3000),
    at=st.integers(0, 3000),
    value=st.integers(0, 255),
)
def test_damage_is_refused_or_harmless(whole, cut, at, value):
    broken = bytearray(whole[: max(0, len(whole) - cut)])
    if broken:
        broken[at % len(broken)] = value
    try:
        photo = clean_photo(bytes(broken))
    except HuiyanError as error:
        assert error.code == "photo"
    else:
        assert len(photo.content) <= len(broken) and photo.width > 0
