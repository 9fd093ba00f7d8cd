"""One pattern in the formats of instruments, written as their definitions and samples have it."""

import io
import zipfile
from struct import pack

import numpy as np

START, STEP, POINTS = 10.0, 0.02, 3000
X = np.round(START + STEP * np.arange(POINTS), 4)
Y = np.round(200 + 1e4 * np.exp(-((X - 28.44) ** 2) / 0.02) + 4e3 * np.exp(-((X - 47.3) ** 2) / 0.03))
K_ALPHA = (1.540598, 1.544426)


def columns(x=X, y=Y, separator=" ", comma=False, header="", footer="", third=None, end="\n", decimals=4):
    """Return columns of numbers."""
    rows = [
        [f"{a:.{decimals}f}", f"{b:.1f}", *([] if third is None else [f"{third[place]:.3f}"])]
        for place, (a, b) in enumerate(zip(x, y, strict=True))
    ]
    text = end.join(separator.join(row) for row in rows)
    return header + (text.replace(".", ",") if comma else text) + end + footer


RRUFF = """##NAMES=Silicon
##RRUFFID=R050145
##IDEAL CHEMISTRY=Si
##LOCALITY=Museum
##CELL PARAMETERS=a: 5.4309(1)Å crystal system: cubic
##X-RAY WAVELENGTH=1.541838
"""

EVA = """'Id: "" Comment: "" Operator: "Lab" Anode: "Cu" Scantype: "Coupled TwoTheta/Theta" TimePerStep: "0.5"
"""

CHATTER = """D/MAX 2500 diffractometer
Theta/2Theta scan
Energy resolution 25 %
Omega scan
Quartz, ground
Ni filter in the tube's window
QA sample 7
D 8 Advance
"""

PANALYTICAL_CSV = """[Measurement conditions]
Sample identification,Si 640c
Scan axis,Gonio
Anode material,Cu
K-Alpha1 wavelength,1.540598
K-Alpha2 wavelength,1.544426
Ratio K-Alpha2/K-Alpha1,0.5
K-Beta wavelength,1.39225
[Scan points]
Angle,Intensity
"""


def chi():
    """Return what FIT2D and pyFAI write, and its q, 1/Å."""
    q = 4 * np.pi * np.sin(np.radians(X) / 2) / 0.4133
    rows = "\n".join(f"  {10 * a:.7E}   {b:.7E}" for a, b in zip(q, Y, strict=True))
    return f"image.tif\nQ (Inverse Nanometres)\nIntensity\n        {POINTS}\n{rows}\n", q


def in_steps():
    """Return counts ten a row below start, step and end, as FullProf and DBWS read them."""
    rows = [" ".join(f"{value:7.0f}" for value in Y[place : place + 10]) for place in range(0, POINTS, 10)]
    return "\n".join([f"{X[0]:8.3f}{STEP:8.3f}{X[-1]:8.3f} silicon", *rows])


def raw_1():
    head = pack(
        "<If f II f fff 32s ff 72x I", POINTS, 1.0, STEP, 0, 0, START, -1e6, -1e6, -1e6, b"silicon", *K_ALPHA, 0
    )
    return b"RAW " + head + Y.astype("<f4").tobytes()


def raw_2(ranges=1):
    head = b"RAW2" + pack("<H162x20s2sfff8xf42x", ranges, b"26-NOV-02", b"Cu", *K_ALPHA, 0.5, 100.0)
    block = pack("<HH4xfff26xH", 256, POINTS, 1.0, STEP, START, 295) + bytes(256 - 48)
    return head + ranges * (block + Y.astype("<f4").tobytes())


def raw_3(ranges=1, supplement=40):
    head = bytearray(712)
    head[:16] = b"RAW1.01\0" + pack("<II", 1, ranges)
    head[326:333], head[608:610] = b"silicon", b"Cu"
    head[616:656] = pack("<5d", 1.54187, *K_ALPHA, 1.39225, 0.5)
    block = bytearray(304)
    block[:24] = pack("<IIdd", 304, POINTS, START / 2, START)
    block[176:184], block[256:260] = pack("<d", STEP), pack("<I", supplement)
    return bytes(head) + ranges * (bytes(block) + bytes(supplement) + Y.astype("<f4").tobytes())


def raw_4(scan=b"Locked Coupled", size=4):
    head = bytearray(61)
    head[:7] = b"RAW4.00"
    comment = pack("<II4x24s12s", 10, 48, b"SampleID", b"silicon")
    optics = pack("<II64x", 30, 124) + pack("<5d", 1.54187, *K_ALPHA, 1.39225, 0.5) + pack("<4x4s4x", b"Cu")
    drive = pack("<II4x24s20xd", 50, 64, b"Theta", START / 2)
    block = pack("<I28x24s16xddIf4xff4xd16xII16x", 0, scan, START, STEP, POINTS, 1.0, 40, 40, 1.5406, size, len(drive))
    points = np.zeros((POINTS, size), np.uint8)
    points[:, :4] = Y.astype("<f4").view(np.uint8).reshape(-1, 4)
    return bytes(head) + comment + optics + block + drive + points.tobytes()


def uxd(angles=False, drive="COUPLED", mark=None):
    lines = ["; C:\\DATA\\SI.RAW", "_FILEVERSION=2", "_SAMPLE='silicon'", "_WL_UNIT='A'"]
    lines += [f"_WL1={K_ALPHA[0]}", f"_WL2={K_ALPHA[1]}", "_WL3=0.000000", "_WLRATIO=0.500000", "_ANODE='Cu'"]
    lines += ["; Data for range 1", f"_DRIVE='{drive}'", "_STEPTIME=1.0", f"_STEPSIZE={STEP}", f"_START={START}"]
    if angles:
        lines += ["_2THETACOUNTS", *(f"      {a:.4f}       {b:.0f}" for a, b in zip(X, Y, strict=True))]
    else:
        rows = ["".join(f"{value:10.0f}" for value in Y[place : place + 8]) for place in range(0, POINTS, 8)]
        lines += [mark or "_COUNTS", *rows]
    return "\n".join(lines) + "\n"


def ras(axis="TwoThetaTheta", factor=1.0, scans=1):
    head = [
        "*RAS_HEADER_START",
        '*FILE_SAMPLE "silicon"',
        '*HW_XG_TARGET_NAME "Cu"',
        '*HW_XG_WAVE_LENGTH_UNIT "Angstrom"',
    ]
    head += [f'*HW_XG_WAVE_LENGTH_ALPHA{place} "{value}"' for place, value in enumerate(K_ALPHA, start=1)]
    head += [
        '*HW_XG_WAVE_LENGTH_BETA "1.392250"',
        f'*MEAS_SCAN_AXIS_X_INTERNAL "{axis}"',
        f'*MEAS_DATA_COUNT "{POINTS}"',
    ]
    rows = [f"{a:.4f} {b / factor:.4f} {factor:.4f}" for a, b in zip(X, Y, strict=True)]
    scan = [*head, "*RAS_HEADER_END", "*RAS_INT_START", *rows, "*RAS_INT_END"]
    return "\r\n".join(["*RAS_DATA_START", *(scans * scan), "*RAS_DATA_END", ""])


def xrdml(intended="K-Alpha", unit="deg", listed=False, counts="", scans=1, axis="2Theta", version="1.5"):
    factor = np.radians(1) if unit == "rad" else 1
    ends = f"<startPosition>{factor * X[0]:.8f}</startPosition><endPosition>{factor * X[-1]:.8f}</endPosition>"
    positions = f"<listPositions>{' '.join(f'{factor * value:.8f}' for value in X)}</listPositions>" if listed else ends
    values = counts or f'<intensities unit="counts">{" ".join(f"{value:.0f}" for value in Y)}</intensities>'
    scan = f"""<scan appendNumber="0" mode="Continuous" scanAxis="Gonio" status="Completed"><dataPoints>
<positions axis="{axis}" unit="{unit}">{positions}</positions>
<positions axis="Omega" unit="deg"><startPosition>5</startPosition><endPosition>35</endPosition></positions>
<commonCountingTime unit="seconds">10.0</commonCountingTime>{values}</dataPoints></scan>"""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<xrdMeasurements xmlns="http://www.xrdml.com/XRDMeasurement/{version}" status="Completed">
<sample type="To be analyzed"><id>silicon</id><name></name></sample>
<xrdMeasurement measurementType="Scan" status="Completed"><usedWavelength intended="{intended}">
<kAlpha1 unit="Angstrom">{K_ALPHA[0]}</kAlpha1><kAlpha2 unit="Angstrom">{K_ALPHA[1]}</kAlpha2>
<kBeta unit="Angstrom">1.39225</kBeta><ratioKAlpha2KAlpha1>0.5</ratioKAlpha2KAlpha1></usedWavelength>
<incidentBeamPath><xRayTube id="1" name="tube"><anodeMaterial>Cu</anodeMaterial></xRayTube></incidentBeamPath>
{scans * scan}</xrdMeasurement></xrdMeasurements>"""


_VIEWS = """<DataViews><RawDataView xsi:type="FixedRawDataView" Start="0" Length="1" LogicName="MeasuredTime" />
<RawDataView xsi:type="FixedRawDataView" Start="1" Length="1" LogicName="AbsorptionFactor" />
<RawDataView xsi:type="VaryingRawDataView" Start="2" Length="2" />
<RawDataView xsi:type="RecordedRawDataView" Start="4" Length="1"><Recording LogicName="ScanCounter" /></RawDataView>
</DataViews>"""


def brml_scan(views=True, axes=("TwoTheta", "Theta"), still=False):
    """Return the XML of a scan; ``still`` is that of a detector that sees all angles at once."""
    infos = "".join(
        f'<ScanAxisInfo AxisId="{axis}"><Reference>0</Reference><Start>{X[0] * factor}</Start>'
        f"<Stop>{X[-1] * factor}</Stop>"
        f"<Increment>{STEP * factor}</Increment></ScanAxisInfo>"
        for axis, factor in zip(axes, (1, 0.5), strict=False)
    )
    data = "".join(f"<Datum>1.0,1,{a:.4f},{a / 2:.4f},{b:.0f}</Datum>" for a, b in zip(X, Y, strict=True))
    if still:
        scale = f'<ScaleAxisInfo AxisId="TwoTheta"><Start>{START}</Start><Increment>{STEP}</Increment></ScaleAxisInfo>'
        infos = f"</ScanAxes><ScaleAxes>{scale}</ScaleAxes><ScanAxes>"
        data = f"<Datum>1.0,1,{','.join(f'{value:.0f}' for value in Y)}</Datum>"
    return f"""<?xml version="1.0" encoding="utf-8"?>
<RawData xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><FixedInformation><Instrument><Tube>
<WaveLengthAlpha1 Unit="Å" Value="{K_ALPHA[0]}" /><WaveLengthAlpha2 Unit="Å" Value="{K_ALPHA[1]}" />
<WaveLengthRatio Unit="" Value="0.5" /><TubeMaterial>Cu</TubeMaterial></Tube></Instrument></FixedInformation>
<DataRoutes><DataRoute RouteFlag="Measured"><ScanInformation><MeasurementPoints>{POINTS}</MeasurementPoints>
<ScanAxes>{infos}</ScanAxes></ScanInformation>{_VIEWS if views and not still else ""}{data}
</DataRoute></DataRoutes></RawData>"""


def zipped(**members):
    """Return a zip archive of texts by their names, / for __ in them."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name.replace("__", "/") + ".xml", text)
    return buffer.getvalue()


def gsas(form="STD", header="silicon, Wavelength: 1.5406"):
    """Return GSAS's records; positions are in centidegrees."""
    records = {"STD": -(-POINTS // 10), "ESD": -(-POINTS // 5)}.get(form, POINTS)
    bank = f"BANK 1 {POINTS} {records} CONST {100 * START:.2f} {100 * STEP:.4f} 0 0 {form}"
    if form == "STD":
        words, width = [f"{1 if place % 2 else '':>2}{value:6.0f}" for place, value in enumerate(Y)], 10
    elif form == "ESD":
        words, width = [f"{value:8.1f}{np.sqrt(value):8.3f}" for value in Y], 5
    else:
        tails = [f" {np.sqrt(value):.3f}" if form == "FXYE" else "" for value in Y]
        words, width = [f"{100 * a:.2f} {b:.2f}{tail}" for a, b, tail in zip(X, Y, tails, strict=True)], 1
    rows = ["".join(words[place : place + width]) for place in range(0, POINTS, width)]
    return "\n".join(f"{row:<80}" for row in [header, bank, *rows]) + "\n"


def powder_cif(axis="_pd_meas_2theta_scan", x=None, ranged=False, wavelength="_diffrn_radiation_wavelength 1.5405(2)"):
    head = f"data_silicon\n_pd_block_id silicon\n{wavelength}\n"
    head += "_diffrn_radiation_probe x-ray\n_diffrn_radiation_type 'Cu K\\a~1~'\n"
    values = [f"{value:.0f}({round(np.sqrt(value))})" for value in Y]
    if ranged:
        head += (
            f"_pd_meas_2theta_range_min {START}\n_pd_meas_2theta_range_max {X[-1]}\n_pd_meas_2theta_range_inc {STEP}\n"
        )
        return head + "loop_\n_pd_meas_counts_total\n" + "\n".join(values) + "\n"
    rows = [f"{a:.6f} {b} 0" for a, b in zip(X if x is None else x, values, strict=True)]
    return head + f"loop_\n{axis}\n_pd_meas_counts_total\n_pd_calc_intensity_total\n" + "\n".join(rows) + "\n"
