//! Bar charts that read on a light page and on a dark one: no background,
//! greys in between, one colour for this project.

use std::{error::Error, path::Path};

use plotters::{
    prelude::*,
    style::text_anchor::{HPos, Pos, VPos},
};

use super::table::number;

/// A client's bar.
pub struct Bar {
    pub name: String,
    pub value: f64,
    pub kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Ours,
    Other,
    /// Does not do what the row is about.
    Lacking,
    Floor,
}

/// The bars of one row.
pub struct Panel {
    pub title: String,
    pub bars: Vec<Bar>,
}

const TEXT: RGBColor = RGBColor(125, 133, 144);
const OURS: RGBColor = RGBColor(47, 129, 247);
const OTHER: RGBColor = RGBColor(139, 148, 158);
const FLOOR: RGBColor = RGBColor(45, 164, 78);
const FONT: &str = "system-ui, sans-serif";

const WIDTH: i32 = 480;
const LINE: i32 = 19;
const HEAD: i32 = 34;
const NAMES: i32 = 150;
const VALUES: i32 = 64;
const FOOT: i32 = 30;

/// Two panels in a line.
pub fn draw(path: &Path, panels: &[Panel], foot: &str) -> Result<(), Box<dyn Error>> {
    let longest = panels
        .iter()
        .map(|panel| panel.bars.len())
        .max()
        .unwrap_or(0);
    let height = HEAD + LINE * i32::try_from(longest)? + 12;
    let lines = i32::try_from(panels.len().div_ceil(2))?;
    let size = (
        u32::try_from(2 * WIDTH)?,
        u32::try_from(height * lines + FOOT)?,
    );
    let root = SVGBackend::new(path, size).into_drawing_area();
    for (index, panel) in panels.iter().enumerate() {
        let index = i32::try_from(index)?;
        panel_at(&root, panel, index % 2 * WIDTH, index / 2 * height)?;
    }
    let style = text(15, HPos::Left);
    root.draw(&Text::new(foot, (10, height * lines + FOOT / 2), style))?;
    root.present()?;
    Ok(())
}

type Area<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;

fn panel_at(root: &Area<'_>, panel: &Panel, x: i32, y: i32) -> Result<(), Box<dyn Error>> {
    let title = (FONT, 19).into_font().style(FontStyle::Bold).color(&TEXT);
    let title = title.pos(Pos::new(HPos::Left, VPos::Center));
    root.draw(&Text::new(
        panel.title.as_str(),
        (x + 10, y + HEAD / 2),
        title,
    ))?;
    let most = panel
        .bars
        .iter()
        .map(|bar| bar.value)
        .fold(f64::MIN_POSITIVE, f64::max);
    let room = f64::from(WIDTH - NAMES - VALUES);
    for (line, bar) in panel.bars.iter().enumerate() {
        let top = y + HEAD + LINE * i32::try_from(line)?;
        let middle = top + LINE / 2;
        let width = (bar.value / most * room).max(1.0) as i32;
        let fill = match bar.kind {
            Kind::Ours => OURS.filled(),
            Kind::Other => OTHER.filled(),
            Kind::Lacking => OTHER.mix(0.35).filled(),
            Kind::Floor => FLOOR.filled(),
        };
        let start = x + NAMES;
        let corners = [(start, top + 3), (start + width, top + LINE - 3)];
        root.draw(&Rectangle::new(corners, fill))?;
        let name = text(16, HPos::Right);
        root.draw(&Text::new(bar.name.as_str(), (start - 6, middle), name))?;
        let value = text(15, HPos::Left);
        root.draw(&Text::new(
            number(bar.value),
            (start + width + 5, middle),
            value,
        ))?;
    }
    Ok(())
}

fn text(size: i32, side: HPos) -> TextStyle<'static> {
    let style = (FONT, size).into_font().color(&TEXT);
    style.pos(Pos::new(side, VPos::Center))
}
