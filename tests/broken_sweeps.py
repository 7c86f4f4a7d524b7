"""Sweeps that are broken on purpose, to see that tests notice it."""


def one_ordinate_dropped(sweep):
    """The first ordinate of the first block counts nothing."""
    sweep.tables[1][:4] = 0.0


def one_face_doubled(sweep):
    """The first ordinate of the first block brings in twice what flows through the faces along the first axis."""
    sweep.tables[3][:4] *= 2


def last_blocks_left_out(sweep):
    """As many blocks in every group of octants, rounded down: equal octants are assumed."""
    for pairs in sweep.phases:
        pairs[:, [1, 3]] = pairs[:, [0, 2]] + (pairs[:, [1, 3]] - pairs[:, [0, 2]]).min()


MUTATIONS = {"ordinate": one_ordinate_dropped, "face": one_face_doubled, "blocks": last_blocks_left_out}
