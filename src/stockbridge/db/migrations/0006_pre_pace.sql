-- Of what is available of a rate budget, the points that are set aside for what is not urgent.
ALTER TABLE budget ADD COLUMN aside double precision NOT NULL DEFAULT 0;

-- What is being written to a level this moment: its echo may come before the answer.
ALTER TABLE level ADD COLUMN writing integer;
