"""Keeps what onboarding measured."""

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from huiyan_registry.onboarding.tables import CameraOnboarding, ProbedDevice


class OnboardingRepository:
    """Queries about onboarding; the caller owns the transaction."""

    async def keep_device(self, session: AsyncSession, device: ProbedDevice) -> None:
        """The newest probe of an address replaces the one before."""
        await _replace(session, device)

    async def keep_check(self, session: AsyncSession, check: CameraOnboarding) -> None:
        """The newest check of a camera replaces the one before."""
        await _replace(session, check)

    async def device_at(
        self, session: AsyncSession, town: str, address: str
    ) -> ProbedDevice | None:
        """The last device that was probed at this address, whatever the port."""
        found: ProbedDevice | None = await session.scalar(
            select(ProbedDevice)
            .where(ProbedDevice.town == town, ProbedDevice.address == address)
            .order_by(ProbedDevice.probed_at.desc())
            .limit(1)
        )
        return found

    async def check_of(
        self, session: AsyncSession, town: str, camera: str
    ) -> CameraOnboarding | None:
        """What the last check of a camera measured."""
        found: CameraOnboarding | None = await session.get(CameraOnboarding, (town, camera))
        return found


async def _replace(session: AsyncSession, row: ProbedDevice | CameraOnboarding) -> None:
    table = type(row).__table__
    values = {column.key: getattr(row, column.key) for column in table.columns}
    keys = [column.key for column in table.primary_key]
    rest = {key: value for key, value in values.items() if key not in keys}
    made = insert(type(row)).values(values)
    await session.execute(made.on_conflict_do_update(index_elements=keys, set_=rest))
