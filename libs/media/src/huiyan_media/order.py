"""Where a subscriber joins a live track: after the GOP snapshot, once, in order, never stale."""

from collections.abc import Sequence

from huiyan_media.access_unit import AccessUnit


class JoinPoint:
    """Decides which live units continue what a subscriber already has.

    The first demand answer brings a GOP while live units already flow, and a camera may move to
    another worker at any time. The rules, with `last` the newest unit taken:

    - same run, au_seq = last + 1: taken;
    - same run, au_seq <= last: a duplicate, left out;
    - lower run_id: stale, left out (the run id holds the fencing epoch);
    - a gap or a newer run: units are left out until a keyframe, which is taken and marked as a
      discontinuity.

    Without a snapshot it waits for the first keyframe. Counters tell what was left out.
    """

    def __init__(self, snapshot: Sequence[AccessUnit] = ()) -> None:
        self.duplicates = 0
        self.stale = 0
        self.gaps = 0
        self.skipped_until_keyframe = 0
        self._run_id = -1
        self._last_seq = -1
        self._waiting = True
        self._has_output = False
        if snapshot:
            self._run_id = snapshot[-1].run_id
            self._last_seq = snapshot[-1].au_seq
            self._waiting = False
            self._has_output = True

    @property
    def waiting_for_keyframe(self) -> bool:
        """True while units are left out because something before them is missing."""
        return self._waiting

    def accept(self, au: AccessUnit) -> AccessUnit | None:
        """Return the unit to forward (perhaps newly marked as a discontinuity), or None."""
        if au.run_id == self._run_id:
            if au.au_seq <= self._last_seq:
                self.duplicates += 1
                return None
            if not self._waiting:
                if au.au_seq == self._last_seq + 1:
                    self._last_seq = au.au_seq
                    return au
                self.gaps += 1
                self._waiting = True
        elif au.run_id < self._run_id:
            self.stale += 1
            return None
        else:
            self._run_id = au.run_id  # from here on the older run is stale
            self._last_seq = -1
            self._waiting = True
        return self._rejoin(au)

    def _rejoin(self, au: AccessUnit) -> AccessUnit | None:
        if not au.keyframe:
            self.skipped_until_keyframe += 1
            return None
        self._waiting = False
        self._last_seq = au.au_seq
        is_continuation = self._has_output
        self._has_output = True
        if is_continuation and not au.discontinuity:
            return au._replace(discontinuity=True)
        return au
