//! Functions of places on Earth.

use super::{
    error::ExpressionError,
    function::{Call, Outcome},
};

/// Radius of the Earth at the equator, in metres; what other clients of these forms reckon with.
const RADIUS_M: f64 = 6_378_100.0;

/// Latitude and longitude, in radians.
type Point = (f64, f64);

/// Square metres on a sphere, to the hundredth, within points in their order; not-a-number of fewer than three.
///
/// Chamberlain and Duquette 2007, Some algorithms for polygons on a sphere (JPL 07-03).
pub(super) fn area<'a>(call: &Call<'_, 'a>) -> Outcome<'a> {
    let Some(points) = points(call)?.filter(|it| it.len() > 2) else { return Ok(f64::NAN.into()) };
    let following = points.iter().cycle().skip(1);
    let parts = points
        .iter()
        .zip(following)
        .map(|((lat_a, lon_a), (lat_b, lon_b))| (lon_b - lon_a) * (2.0 + lat_a.sin() + lat_b.sin()));
    let area = parts.sum::<f64>() * RADIUS_M * RADIUS_M / 2.0;
    Ok(hundredths(area.abs()).into())
}

/// Metres on a sphere, to the hundredth, from point to point; not-a-number of fewer than two.
pub(super) fn distance<'a>(call: &Call<'_, 'a>) -> Outcome<'a> {
    let Some(points) = points(call)?.filter(|it| it.len() > 1) else { return Ok(f64::NAN.into()) };
    Ok(hundredths(points.windows(2).map(|it| between(it[0], it[1])).sum::<f64>()).into())
}

/// Whether a point is within a shape.
pub(super) fn geofence<'a>(call: &Call<'_, 'a>) -> Outcome<'a> {
    let (point, shape) = (read_all([&*call.text(0)?]), read_all([&*call.text(1)?]));
    let (Some(&[(lat, lon)]), Some(shape)) = (point.as_deref(), shape.filter(|it| it.len() > 2)) else {
        return Ok(false.into());
    };
    let following = shape.iter().cycle().skip(1);
    // How often a line from the point to the east crosses the border.
    let crossings = shape.iter().zip(following).filter(|((lat_a, lon_a), (lat_b, lon_b))| {
        (*lat_a > lat) != (*lat_b > lat) && lon < (lon_b - lon_a) * (lat - lat_a) / (lat_b - lat_a) + lon_a
    });
    Ok((crossings.count() % 2 == 1).into())
}

/// By the law of haversines, which is exact for near points, too.
fn between((lat_a, lon_a): Point, (lat_b, lon_b): Point) -> f64 {
    let half = |from: f64, to: f64| ((to - from) / 2.0).sin().powi(2);
    let a = half(lat_a, lat_b) + lat_a.cos() * lat_b.cos() * half(lon_a, lon_b);
    2.0 * RADIUS_M * a.sqrt().min(1.0).asin()
}

fn hundredths(number: f64) -> f64 {
    (number * 100.0).round() / 100.0
}

/// The points of all arguments; `None` when one of them is none.
fn points(call: &Call<'_, '_>) -> Result<Option<Vec<Point>>, ExpressionError> {
    let texts = call.texts_from(0)?;
    Ok(read_all(texts.iter().map(|it| &**it)))
}

fn read_all<'t>(texts: impl IntoIterator<Item = &'t str>) -> Option<Vec<Point>> {
    texts.into_iter().flat_map(|it| it.trim().trim_end_matches(';').split(';')).map(read).collect()
}

/// Reads latitude and longitude, in degrees, and passes over altitude and accuracy.
fn read(text: &str) -> Option<Point> {
    let parts: Vec<f64> = text.split_whitespace().map(str::parse).collect::<Result<_, _>>().ok()?;
    let (lat, lon) = match parts[..] {
        [lat, lon] | [lat, lon, _] | [lat, lon, _, _] => (lat, lon),
        _ => return None,
    };
    (lat.abs() <= 90.0 && lon.abs() <= 180.0).then(|| (lat.to_radians(), lon.to_radians()))
}
