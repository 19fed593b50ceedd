"""Words that the demonstration's people and shops are named with."""

TECHNICIANS = (
    "Ana Ribeiro", "António Magalhães", "Beatriz Nogueira", "Bruno Teixeira", "Carla Pimenta",
    "Diogo Azevedo", "Fernando Couto", "Filipa Sarmento", "Gonçalo Barros", "Helena Vilar",
    "Hugo Meireles", "Inês Quintela", "João Valente", "Luís Carvalhal", "Marta Brandão",
    "Nuno Figueiredo", "Paulo Seabra", "Rita Amorim", "Sérgio Lousada", "Tiago Novais",
)  # fmt: skip

FIRST_NAMES = (
    "Adelaide", "Alberto", "Alice", "Amélia", "André", "Artur", "Augusto", "Aurora", "Carlos", "Catarina", "Cristina",
    "Daniel", "David", "Dulce", "Eduardo", "Elisa", "Emília", "Ernesto", "Eva", "Fátima", "Francisco", "Gabriela",
    "Glória", "Graça", "Henrique", "Isabel", "Jaime", "Joana", "Joaquim", "Jorge", "Júlia", "Laura", "Leonor",
    "Lídia", "Lúcia", "Manuel", "Margarida", "Mário", "Miguel", "Natália", "Olga", "Pedro", "Raquel", "Rosa", "Rui",
    "Sandra", "Simão", "Sofia", "Susana", "Teresa", "Tomás", "Vasco", "Vera", "Vítor",
)  # fmt: skip
SURNAMES = (
    "Abreu", "Aguiar", "Alves", "Andrade", "Antunes", "Bastos", "Branco", "Cabral", "Cardoso", "Castro", "Coelho",
    "Correia", "Cunha", "Dias", "Domingues", "Esteves", "Faria", "Ferraz", "Freitas", "Garcia", "Gomes", "Guedes",
    "Leal", "Lemos", "Lobo", "Macedo", "Machado", "Marinho", "Matos", "Medeiros", "Melo", "Monteiro", "Morais",
    "Moura", "Neves", "Nunes", "Pacheco", "Paiva", "Peixoto", "Pinheiro", "Pinto", "Queirós", "Ramalho", "Rebelo",
    "Reis", "Rocha", "Sampaio", "Santos", "Serrano", "Simões", "Soares", "Sousa", "Tavares", "Torres", "Vaz", "Veiga",
)  # fmt: skip

SAINTS = (
    "Santa Aurélia", "Santa Bárbara", "Santa Eulália", "Santa Iria", "Santa Quitéria", "Santo Elói", "Santo Estêvão",
    "São Brás", "São Crispim", "São Félix", "São Gens", "São Romão", "São Simão", "São Tirso", "São Veríssimo",
)  # fmt: skip
PLEASANT_THINGS = (
    "Andorinha", "Alecrim", "Amendoeira", "Arcada", "Aroma", "Azulejo", "Bairro Alto", "Barca Velha",
    "Bela Vista", "Camélia", "Canela", "Caramujo", "Cegonha", "Cidreira", "Concha", "Coreto", "Doce Tentação",
    "Esplanada", "Estrela do Norte", "Fonte Nova", "Gaivota", "Ginjinha", "Horta", "Jardim", "Lareira",
    "Lua Cheia", "Magnólia", "Manjericão", "Marisqueira", "Mirante", "Moinho", "Mosaico", "Nortada", "Oliveira",
    "Orvalho", "Papoila", "Pérgula", "Pinheiro Manso", "Pomar", "Primavera", "Quatro Estações", "Ramada",
    "Relógio", "Ribeira", "Roseiral", "Sabor & Arte", "Sardinheira", "Serra Azul", "Sobreiro", "Sol Nascente",
    "Tertúlia", "Trigueira", "Varanda", "Vela Branca", "Zimbro",
)  # fmt: skip
