"""Bernoulli draws for 32 episodes at once: planes of `U` compared with the bits of `T`.

Thresholds come as rows of words (`tables.rows_of`). A *ladder* is a group of them among which lanes
choose: those in the first mask take the second row, those also in the second mask the third, … It
is stored as the first row and the differences from each row to the next (`tables.ladder_of`).
"""

from bucket_brigade_cuda.kernels.words import NONE, Function, change, inverse, pure, u32


@pure
def below(t, u, smaller):
    """Whether `U < T`, from a bit of each and the answer of the less significant bits: the
    majority of `t`, not `u`, and that answer. Written so that compilers see three inputs.
    """
    return u32(u32(u32(t ^ smaller) & inverse(u32(u ^ smaller))) ^ smaller)


def make_look(cases: int) -> Function:
    """`look(rows, first, above, quad, u, undecided)`: compares one quad with a ladder of `cases`
    rows from number `first` on. Returns the lanes found below, and those still undecided.
    """

    @pure
    def look(rows, first, above, quad, u, undecided):
        smaller, differs = NONE, NONE
        # The least significant plane first: then each takes two instructions.
        for j in range(3, -1, -1):
            t = rows[first, 4 * quad + j]
            for case in range(1, cases):
                t = change(t, above[case - 1], rows[first + case, 4 * quad + j])
            smaller = below(t, u[j], smaller)
            differs = u32(differs | u32(t ^ u[j]))
        return u32(undecided & smaller), u32(undecided & inverse(differs))

    return look
