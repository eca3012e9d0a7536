"""Classes of SASS opcodes, by the hardware that they keep busy."""

__all__ = ["CLASSES", "class_of"]

CLASSES = (
    "wide multiply",
    "other IMAD",
    "integer",
    "popc",
    "uniform",
    "shared",
    "global",
    "local",
    "constant",
    "control",
    "double",
    "other",
)

MEMBERS = {
    "integer": "LOP3 LOP PLOP3 IADD3 IADD VIADD SHF SHL SHR SEL ISETP LEA PRMT MOV BMSK SGXT IABS "
    "IMNMX VIMNMX VIMNMX3 VABSDIFF ISCADD P2R R2P LOP32I IADD32I MOV32I VIADDMNMX",
    # These run at a fraction of the integer units' rate.
    "popc": "POPC FLO BREV",
    "shared": "LDS STS ATOMS LDSM STSM",
    "global": "LDG STG LD ST RED REDG ATOM ATOMG CCTL",
    "local": "LDL STL",
    "constant": "LDC LDCU ULDC",
    "double": "DADD DMUL DFMA DSETP",
    "control": "BRA BRX BRXU JMP EXIT RET CALL BSSY BSYNC BREAK BAR WARPSYNC NOP YIELD ERRBAR "
    "MEMBAR DEPBAR BMOV KILL ACQBULK NANOSLEEP",
}
CLASS_OF = {opcode: name for name, members in MEMBERS.items() for opcode in members.split()}


def class_of(opcode: str) -> str:
    """Class of an opcode with its modifiers, as in "IMAD.WIDE.U32"."""
    base, *modifiers = opcode.split(".")

    if base in ("IMAD", "IMUL"):
        return "wide multiply" if {"WIDE", "HI"} & set(modifiers) else "other IMAD"

    # From and to numbers of 64 bits.
    if base in ("I2F", "F2I", "F2F") and "F64" in modifiers:
        return "double"

    if base in CLASS_OF:
        return CLASS_OF[base]

    # The uniform datapath computes once for the warp, but takes an issue slot like any other.
    uniform = base.startswith(("U", "R2UR")) or base in ("VOTEU", "REDUX")
    return "uniform" if uniform else "other"
