"""Check tokens.css: WCAG contrast of every text/ground pair, and how far states stay apart for colour-blind eyes.
Standard library only: python3 check_tokens.py ; exit 1 on a failure."""
import itertools, pathlib, re, sys
css = (pathlib.Path(__file__).parents[1] / "src/tokens/tokens.css").read_text()
THEMES = {}
for name, body in re.findall(r'\[data-theme="(\w+)"\] \{(.*?)\n\}', css, re.S):
    THEMES[name] = dict(re.findall(r"--([\w-]+): (#[0-9A-Fa-f]{6})", body))
rgb = lambda h: [int(h[i:i + 2], 16) / 255 for i in (1, 3, 5)]
lin = lambda c: [x / 12.92 if x <= .04045 else ((x + .055) / 1.055) ** 2.4 for x in c]
lum = lambda h: sum(a * b for a, b in zip(lin(rgb(h)), (.2126, .7152, .0722)))
def ratio(a, b):
    a, b = sorted((lum(a), lum(b)), reverse=True); return (a + .05) / (b + .05)
# Machado et al. 2009, severity 1.0, in linear RGB
CVD = {"normal": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
       "protan": ((.152286, 1.052583, -.204868), (.114503, .786281, .099216), (-.003882, -.048116, 1.051998)),
       "deutan": ((.367322, .860646, -.227968), (.280085, .672501, .047413), (-.011820, .042940, .968881)),
       "tritan": ((1.255528, -.076749, -.178779), (-.078411, .930809, .147602), (.004733, .691367, .303900))}
def lab(h, m):
    r = lin(rgb(h)); r = [min(1, max(0, sum(a * b for a, b in zip(row, r)))) for row in m]
    xyz = [sum(a * b for a, b in zip(row, r)) / w for row, w in (((.4124, .3576, .1805), .9505), ((.2126, .7152, .0722), 1), ((.0193, .1192, .9505), 1.089))]
    f = [v ** (1 / 3) if v > .008856 else 7.787 * v + 16 / 116 for v in xyz]
    return 116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])
bad = 0
for theme, t in THEMES.items():
    grounds = [g for g in ("paper", "surface", "raised") if g in t]
    texts = ["ink", "ink-2", "ink-3", "brand", "seal"] + [k for k in t if k.startswith(("st-",)) or re.fullmatch(r"al-\d", k)]
    pairs = [(x, g, 4.5) for x in texts for g in grounds] + [("ink", "sunken", 7), ("ink-2", "sunken", 4.5), ("ink-3", "sunken", 4.5 if theme == "night" else 4.5),
             ("on-brand", "brand", 4.5), ("on-seal", "seal", 4.5), ("brand", "brand-soft", 4.5), ("seal", "seal-soft", 4.5)]
    pairs += [(f"al-{i}", f"al-{i}-soft", 4.5) for i in (1, 2, 3)] + [(x, g, 3) for x in ("line-strong", "focus") for g in grounds]
    worst = {}
    for a, b, need in pairs:
        r = ratio(t[a], t[b]); worst[a] = min(worst.get(a, 99), r)
        if r < need: bad += 1; print(f"FAIL {theme}: {a} on {b} {r:.2f} < {need}")
    print(theme, "worst contrast:", ", ".join(f"{k} {v:.1f}" for k, v in worst.items()))
    for kind, names in (("alarm levels", ["al-1", "al-2", "al-3"]), ("picture states", ["st-live", "st-delayed", "st-frozen", "st-private", "st-recorded", "st-offline"])):
        for eye, m in CVD.items():
            d = sorted((sum((x - y) ** 2 for x, y in zip(lab(t[a], m), lab(t[b], m))) ** .5, a, b) for a, b in itertools.combinations(names, 2))
            print(f"  {theme} {kind} {eye}: nearest dE {d[0][0]:.0f} ({d[0][1]}/{d[0][2]})")
            if d[0][0] < (12 if kind == "alarm levels" else 9.5): bad += 1; print(f"FAIL: {kind} too near")
sys.exit(bool(bad))
