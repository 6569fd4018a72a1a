//! What a server or proxy asks for (RFC 9110 §11.3, §11.6.1).

use alloc::{borrow::ToOwned as _, string::String, vec::Vec};

use hybi_core::http::{is_token, list};

/// A challenge: a scheme with parameters, or with one token.
///
/// ```text
/// WWW-Authenticate: Digest realm="a, b", nonce="n", Basic realm="c"
/// ```
/// are two of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    scheme: String,
    token68: Option<String>,
    parameters: Vec<(String, String)>,
}

impl Challenge {
    /// The challenges in the values of `WWW-Authenticate` or
    /// `Proxy-Authenticate` headers, in order. What does not follow the
    /// grammar is left out.
    pub fn all<'a>(values: impl IntoIterator<Item = &'a [u8]>) -> Vec<Self> {
        let mut all = Vec::new();
        for value in values {
            let before = all.len();
            for piece in list::split(value, b',').map_while(Result::ok) {
                // A parameter on its own belongs to the challenge before it.
                match (list::Parameter::parse(piece), all.get_mut(before..)) {
                    (Ok(parameter), Some([.., challenge])) if parameter.value().is_some() => {
                        Self::take(challenge, &parameter);
                    }
                    _ => all.extend(Self::begin(piece)),
                }
            }
        }
        all
    }

    /// `scheme`, `scheme token68` or `scheme parameter`.
    fn begin(piece: &[u8]) -> Option<Self> {
        let piece = str::from_utf8(piece).ok()?;
        let (scheme, rest) = piece.split_once([' ', '\t']).unwrap_or((piece, ""));
        let rest = rest.trim_matches([' ', '\t']);
        if !is_token(scheme.as_bytes()) {
            return None;
        }
        let mut challenge = Self {
            scheme: scheme.to_owned(),
            token68: None,
            parameters: Vec::new(),
        };
        match list::Parameter::parse(rest.as_bytes()) {
            Ok(parameter) if parameter.value().is_some() => challenge.take(&parameter),
            _ if rest.is_empty() => {}
            _ => challenge.token68 = Some(rest.to_owned()),
        }
        Some(challenge)
    }

    fn take(&mut self, parameter: &list::Parameter<'_>) {
        let value = parameter.value().map(|value| value.chars().collect());
        let name = parameter.name().to_owned();
        self.parameters.push((name, value.unwrap_or_default()));
    }

    /// The scheme as written, such as `Bearer`.
    #[must_use]
    pub fn scheme(&self) -> &str {
        &self.scheme
    }

    /// Whether this is the scheme; ASCII case does not matter.
    #[must_use]
    pub fn is(&self, scheme: &str) -> bool {
        self.scheme.eq_ignore_ascii_case(scheme)
    }

    /// The value of the first parameter of this name, in any case, quotes
    /// undone.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&str> {
        let mut parameters = self.parameters();
        let found = parameters.find(|(other, _)| other.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value)
    }

    /// All parameters in order, quotes undone.
    pub fn parameters(&self) -> impl Iterator<Item = (&str, &str)> {
        self.parameters
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// What stands there instead of parameters, as in `Negotiate YII=`.
    #[must_use]
    pub fn token68(&self) -> Option<&str> {
        self.token68.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    fn written(values: &[&str]) -> Vec<String> {
        Challenge::all(values.iter().map(|value| value.as_bytes()))
            .iter()
            .map(|challenge| {
                let mut text = challenge.scheme.clone();
                if let Some(token) = challenge.token68() {
                    text += &format!(" {token}");
                }
                for (name, value) in challenge.parameters() {
                    text += &format!(" {name}={value}");
                }
                text
            })
            .collect()
    }

    #[test]
    fn challenges() {
        for (values, expected) in [
            (&["Basic"][..], &["Basic"][..]),
            (&[r#"Basic realm="a, b""#], &["Basic realm=a, b"]),
            // RFC 9110 §11.6.1.
            (
                &[
                    r#"Basic realm="simple", Newauth realm="apps", type=1, title="Login to \"apps\"""#,
                ],
                &[
                    "Basic realm=simple",
                    r#"Newauth realm=apps type=1 title=Login to "apps""#,
                ],
            ),
            (
                &["Negotiate", "NTLM TlRMTVNTUAACAA==, Basic realm=x"],
                &["Negotiate", "NTLM TlRMTVNTUAACAA==", "Basic realm=x"],
            ),
            (&["A b=c,,, d = e ,\tF", ""], &["A b=c d=e", "F"]),
            (&["A", "b=c"], &["A"]),
            (&["A b, c=d"], &["A b c=d"]),
            (&[r#"A b=c, d="unfinished"#, "E"], &["A b=c", "E"]),
            (&["a/b, \u{e9} x=y, (, =, E"], &["E"]),
            (&["Basic realm="], &["Basic realm="]),
        ] {
            assert_eq!(written(values), expected, "{values:?}");
        }
    }

    #[test]
    fn names_in_any_case() {
        let challenges = Challenge::all([&b"DIGEST ReAlM=\"a\", realm=b"[..]]);
        assert!(challenges[0].is("digest"));
        assert_eq!(challenges[0].scheme(), "DIGEST");
        assert_eq!(challenges[0].parameter("realm"), Some("a"));
        assert_eq!(challenges[0].parameter("nonce"), None);
    }
}
