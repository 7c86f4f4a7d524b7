"""Sweeps that are broken on purpose, to see that tests notice it."""

import numpy as np


def one_ordinate_dropped(sweep):
    """The first ordinate of the first block counts nothing."""
    sweep.tables[1][:4] = 0.0


def one_face_doubled(sweep):
    """The first ordinate of the first block brings in twice what flows through the faces along the first axis."""
    sweep.tables[3][:4] *= 2


def last_blocks_left_out(sweep):
    """As many blocks in every group of octants, rounded down: equal octants are assumed."""
    sweep.groups = np.arange(5) * (len(sweep.flip) // 4)


MUTATIONS = {"ordinate": one_ordinate_dropped, "face": one_face_doubled, "blocks": last_blocks_left_out}
