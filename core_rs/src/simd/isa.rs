//! Which instructions this processor has: paths over words, and sets of instructions for doubles.

use crate::error::InvalidValue;

/// A way to hold words: how many, and with which instructions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SimdPath {
    /// A single word, by ordinary instructions.
    Portable1,
    /// Eight words, whatever the compiler makes of them (on ARM, NEON).
    Portable8,
    /// Sixteen words, likewise.
    Portable16,
    /// Eight words in AVX2 registers.
    Avx2,
    /// Sixteen words in AVX-512 registers.
    Avx512,
}

impl SimdPath {
    /// Every path, whether this processor can take it or not.
    pub const ALL: [Self; 5] =
        [Self::Portable1, Self::Portable8, Self::Portable16, Self::Avx2, Self::Avx512];

    /// The name of the path in results and options.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Portable1 => "portable1",
            Self::Portable8 => "portable8",
            Self::Portable16 => "portable16",
            Self::Avx2 => "avx2",
            Self::Avx512 => "avx512",
        }
    }

    /// Words it holds.
    #[must_use]
    pub fn words(self) -> usize {
        match self {
            Self::Portable1 => 1,
            Self::Portable8 | Self::Avx2 => 8,
            Self::Portable16 | Self::Avx512 => 16,
        }
    }

    /// Whether this processor can take it.
    #[must_use]
    pub fn is_available(self) -> bool {
        match self {
            Self::Portable1 | Self::Portable8 | Self::Portable16 => true,
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => is_x86_feature_detected!("avx2"),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => {
                is_x86_feature_detected!("avx2")
                    && is_x86_feature_detected!("avx512f")
                    && is_x86_feature_detected!("avx512vpopcntdq")
            }
            #[cfg(not(target_arch = "x86_64"))]
            Self::Avx2 | Self::Avx512 => false,
        }
    }

    /// The fastest path of this processor.
    #[must_use]
    pub fn best() -> Self {
        let simd = [Self::Avx512, Self::Avx2].into_iter().find(|path| path.is_available());
        simd.unwrap_or(Self::Portable8)
    }

    /// The path of a name, if this processor can take it; `"auto"` is the best one.
    ///
    /// # Errors
    /// If there is none of that name here.
    pub fn from_name(name: &str) -> Result<Self, InvalidValue> {
        let usable = || Self::ALL.into_iter().filter(|path| path.is_available());
        if name == "auto" {
            return Ok(Self::best());
        }
        usable().find(|path| path.name() == name).ok_or_else(|| {
            let names: Vec<_> = usable().map(Self::name).collect();
            InvalidValue::new(
                "simd",
                format!("{name:?}"),
                format!("auto or one of {}", names.join(", ")),
            )
        })
    }
}

/// A set of instructions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Isa {
    /// Instructions that any processor has.
    Portable,
    /// x86 with AVX2 and FMA.
    Avx2,
    /// x86 with AVX-512.
    Avx512,
}

impl Isa {
    /// All sets of instructions, the fastest first.
    pub const ALL: [Self; 3] = [Self::Avx512, Self::Avx2, Self::Portable];

    /// Their name, as that of a path of the bit-sliced engine.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Portable => "portable",
            Self::Avx2 => "avx2",
            Self::Avx512 => "avx512",
        }
    }

    /// Whether this processor has them.
    #[must_use]
    pub fn is_available(self) -> bool {
        match self {
            Self::Portable => true,
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma"),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => Self::Avx2.is_available() && is_x86_feature_detected!("avx512f"),
            #[cfg(not(target_arch = "x86_64"))]
            Self::Avx2 | Self::Avx512 => false,
        }
    }

    /// The fastest of this processor.
    #[must_use]
    pub fn best() -> Self {
        Self::ALL.into_iter().find(|simd| simd.is_available()).unwrap_or(Self::Portable)
    }
}
